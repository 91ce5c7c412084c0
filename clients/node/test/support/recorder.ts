import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";

import { AdminServiceService } from "../../src/gen/thespian/gateway/v1/admin.js";
import {
  ActorEvent,
  GatewayServiceService,
  type ListenResponse,
} from "../../src/gen/thespian/gateway/v1/gateway.js";
import type { Cleanup } from "./gateway.js";

type ActorCall = ServerWritableStream<unknown, ListenResponse>;

/**
 * Answers every unary call with nothing, and notes what each RPC carried. Who
 * attaches or listens becomes an actor.
 */
export class Recorder {
  readonly seen: { method: string; metadata: Metadata }[] = [];
  /** What a proxy before several gateways would call this one. */
  gateway = "";
  readonly #server = new Server();

  /** Resolves to it and its address. It ends with the test. */
  static async start(
    t: Cleanup,
    credentials = ServerCredentials.createInsecure(),
  ): Promise<[Recorder, string]> {
    const recorder = new Recorder();
    const server = recorder.#server;
    for (const service of [GatewayServiceService, AdminServiceService]) {
      server.addService(service, recorder.#answers(service));
    }
    t.after(() => {
      server.forceShutdown();
    });
    const bind = promisify(server.bindAsync.bind(server));
    return [recorder, `127.0.0.1:${await bind("127.0.0.1:0", credentials)}`];
  }

  #answers(service: ServiceDefinition): UntypedServiceImplementation {
    const entries = Object.entries(service).map(([name, definition]) => {
      const answer = (
        call: ServerUnaryCall<never, never> & ActorCall,
        done: sendUnaryData<unknown>,
      ) => {
        this.seen.push({ method: name, metadata: call.metadata });
        if (name === "attach" || name === "listen") this.#open(call);
        else if (definition.responseStream) call.end();
        else done(null, definition.responseDeserialize(Buffer.alloc(0)));
      };
      return [name, answer] as const;
    });
    return Object.fromEntries(entries) as UntypedServiceImplementation;
  }

  #open(call: ActorCall): void {
    const header = new Metadata();
    if (this.gateway) header.set("x-thespian-gateway", this.gateway);
    call.sendMetadata(header);
    const opened = { actorId: 7n, token: "secret" };
    const event = { ...ActorEvent.decode(new Uint8Array()), opened };
    call.write({ events: [event] });
  }
}

/** A certificate authority, made by openssl, and what it has signed. */
export class Authority {
  readonly #dir = mkdtempSync(join(tmpdir(), "gateway-ca-"));

  constructor(t: Cleanup) {
    t.after(() => {
      rmSync(this.#dir, { recursive: true });
    });
    this.#sign("ca");
    for (const name of ["server", "client"]) {
      const by = ["-CA", "ca.pem", "-CAkey", "ca.key"];
      this.#sign(name, ...by, "-addext", `subjectAltName=DNS:${name}.test`);
    }
  }

  path(name: string): string {
    return join(this.#dir, name);
  }

  /** Of a server that wants certificates of its clients. */
  serverCredentials(): ServerCredentials {
    const pair = {
      private_key: readFileSync(this.path("server.key")),
      cert_chain: readFileSync(this.path("server.pem")),
    };
    const ca = readFileSync(this.path("ca.pem"));
    return ServerCredentials.createSsl(ca, [pair], true);
  }

  #sign(name: string, ...options: string[]): void {
    const key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
    const out = `-subj /CN=${name} -keyout ${name}.key -out ${name}.pem`;
    execFileSync(
      "openssl",
      ["req", "-x509", ...`${key} ${out}`.split(" "), ...options],
      { cwd: this.#dir, stdio: "ignore" },
    );
  }
}
