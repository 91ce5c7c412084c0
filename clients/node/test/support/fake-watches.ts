import { promisify } from "node:util";

import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
} from "@grpc/grpc-js";

import type { Code } from "../../src/error.js";
import { ErrorInfo } from "../../src/gen/google/rpc/error_details.js";
import { Status } from "../../src/gen/google/rpc/status.js";
import {
  GatewayServiceService as methods,
  ProxyEvent,
  WatchProxiesRequest,
  WatchProxiesResponse,
} from "../../src/gen/thespian/gateway/v1/gateway.js";
import type { Cleanup } from "./gateway.js";

/** What one stream says, and how it ends. */
export interface Script {
  epoch?: bigint;
  complete?: bigint; // the sequence of a SnapshotComplete
  code?: Code; // left out: UNAVAILABLE, or OUT_OF_RANGE with a reason
  reason?: string;
}

/** Plays a script for each watch, and notes what was asked for. */
export class FakeWatches {
  readonly asked: WatchProxiesRequest[] = [];
  readonly #scripts: Script[];

  private constructor(scripts: Script[]) {
    this.#scripts = scripts;
  }

  /** Resolves to the fake and its address. It ends with the test. */
  static async start(
    t: Cleanup,
    scripts: Script[],
  ): Promise<[FakeWatches, string]> {
    const fake = new FakeWatches(scripts);
    const server = new Server();
    const { watchProxies } = methods;
    server.addService(
      { watchProxies },
      {
        watchProxies: (
          call: ServerWritableStream<WatchProxiesRequest, WatchProxiesResponse>,
        ) => {
          fake.#play(call);
        },
      },
    );
    t.after(() => {
      server.forceShutdown();
    });
    const bind = promisify(server.bindAsync.bind(server));
    const port = await bind("127.0.0.1:0", ServerCredentials.createInsecure());
    return [fake, `127.0.0.1:${port}`];
  }

  #play(
    call: ServerWritableStream<WatchProxiesRequest, WatchProxiesResponse>,
  ): void {
    this.asked.push(call.request);
    const { epoch, complete, code, reason } = this.#scripts.shift() ?? {};
    if (complete !== undefined) {
      const event = {
        ...ProxyEvent.decode(new Uint8Array()),
        sequence: complete,
        snapshotComplete: { proxies: 0n },
      };
      call.sendMetadata(new Metadata());
      call.write({ events: [event], epoch: epoch ?? 0n });
    }
    call.emit("error", {
      code: status[code ?? (reason ? "OUT_OF_RANGE" : "UNAVAILABLE")],
      details: "as the script says",
      metadata: detailsOf(reason ?? ""),
    });
  }
}

function detailsOf(reason: string): Metadata {
  const info = { reason, domain: "thespian.gateway", metadata: {} };
  const value = Buffer.from(ErrorInfo.encode(info).finish());
  const typeUrl = "type.googleapis.com/google.rpc.ErrorInfo";
  const details = { code: 0, message: "", details: [{ typeUrl, value }] };
  const metadata = new Metadata();
  metadata.set(
    "grpc-status-details-bin",
    Buffer.from(Status.encode(details).finish()),
  );
  return metadata;
}
