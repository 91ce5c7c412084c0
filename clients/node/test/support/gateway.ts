import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, connect, type ConnectOptions } from "../../src/index.js";

/** Of every test that talks to a gateway. */
export const LIMIT = { timeout: 60_000 };

export const BIN = process.env.THESPIAN_GATEWAY_BIN ?? "../../bin";
const START_MS = 20_000;
const END_MS = 20_000;

/** What a test hands over so that things end with it. */
export interface Cleanup {
  after(end: () => unknown): void;
}

export interface Start {
  /** Default: the demo child. Empty: those that a file in `options` names. */
  child?: string[];
  options?: string[];
  /** Default: any port of the loopback. */
  listen?: string;
}

/** A gateway of the test's own, on a port that was free. */
export class Gateway {
  readonly #start: Start;
  readonly #dir = mkdtempSync(join(tmpdir(), "gateway-client-"));
  #process: ChildProcess | undefined;
  #gone: Promise<unknown> = Promise.resolve();
  #address = "";

  private constructor(start: Start) {
    this.#start = start;
  }

  /** Ends with the test. */
  static async start(t: Cleanup, start: Start = {}): Promise<Gateway> {
    const gateway = new Gateway(start);
    t.after(() => gateway.#remove());
    await gateway.startAgain();
    return gateway;
  }

  /** A client of it, which ends with the test. */
  connect(t: Cleanup, options: ConnectOptions = {}): Client {
    const client = connect(this.address, options);
    t.after(() => {
      client.close();
    });
    return client;
  }

  get address(): string {
    return this.#address;
  }

  /** At the address of before, if there was one. */
  async startAgain(): Promise<void> {
    const portFile = join(this.#dir, "port");
    rmSync(portFile, { force: true });
    const listen = this.#address || (this.#start.listen ?? "127.0.0.1:0");
    const child = this.#start.child ?? [join(BIN, "thespian-demo-child")];
    this.#process = spawn(
      join(BIN, "thespian-gateway"),
      [
        ...["--listen", listen, "--port-file", portFile, "--log-level", "off"],
        ...(this.#start.options ?? []),
        ...(child.length > 0 ? ["--", ...child] : []),
      ],
      { stdio: "ignore" },
    );
    this.#gone = once(this.#process, "exit");
    this.#address = await readWhenThere(portFile, this.#process);
  }

  /** Sends the signal and waits until the process has gone. */
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const gateway = this.#process;
    gateway?.kill(signal);
    const late = setTimeout(() => gateway?.kill("SIGKILL"), END_MS);
    await this.#gone;
    clearTimeout(late);
  }

  async #remove(): Promise<void> {
    await this.stop("SIGTERM");
    rmSync(this.#dir, { recursive: true });
  }
}

async function readWhenThere(path: string, writer: ChildProcess) {
  const last = Date.now() + START_MS;
  while (!existsSync(path) || readFileSync(path).length === 0) {
    if (writer.exitCode !== null || Date.now() > last) {
      throw new Error(
        `the gateway did not serve; exit code ${writer.exitCode}`,
      );
    }
    await sleep(10);
  }
  return readFileSync(path, "utf8").trim();
}
