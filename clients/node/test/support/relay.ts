import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

import type { Cleanup } from "./gateway.js";

/** Stands between a client and its gateway, and can cut them off. */
export class Relay {
  readonly #sockets = new Set<Socket>();
  readonly #server;

  private constructor(to: string) {
    const [host = "", port = ""] = to.split(":");
    this.#server = createServer((near) => {
      const far = connect(Number(port), host);
      this.#join(near, far);
      this.#join(far, near);
    });
  }

  /** Ends with the test. */
  static async start(t: Cleanup, to: string): Promise<Relay> {
    const relay = new Relay(to);
    relay.#server.listen(0, "127.0.0.1");
    t.after(() => {
      relay.cut();
      relay.#server.close();
    });
    await once(relay.#server, "listening");
    return relay;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection; new ones are let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.pipe(to);
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
