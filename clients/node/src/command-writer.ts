import {
  type ClientDuplexStream,
  status,
  type StatusObject,
} from "@grpc/grpc-js";

import { fromGrpc, GatewayError } from "./error.js";
import type * as wire from "./gen/thespian/gateway/v1/gateway.js";

/** One request carries at most this much, or one command if that is larger. */
const MAX_BATCH_COMMANDS = 256;
const MAX_BATCH_BYTES = 64 << 10;

/** What a command takes besides its payload and its name, about. */
const COMMAND_BYTES = 256;

interface Entry {
  command: wire.ActorCommand;
  bytes: number;
}

interface Blocked extends Entry {
  resolve(): void;
  reject(error: GatewayError): void;
}

export type CommandStream = ClientDuplexStream<
  wire.AttachRequest,
  wire.AttachResponse
>;

/**
 * The sending half of an actor's stream: one write in flight; what waits goes
 * out together, in order, without a timer.
 *
 * Ownership: owns the stream's writing half.
 * Errors: for a command that comes too late, FAILED_PRECONDITION, or what the
 *   stream has ended with.
 * Memory: `maxBytes` of commands, one more batch, and each command whose `add`
 *   has not resolved.
 */
export class CommandWriter {
  readonly #stream: CommandStream;
  readonly #maxBytes: number;
  readonly #waiting: Entry[] = [];
  readonly #blocked: Blocked[] = [];
  #bytes = 0;
  #scheduled = false;
  #writing = false;
  #halfClosed = false;
  #ended = false;
  #error: GatewayError | undefined;

  constructor(stream: CommandStream, maxBytes: number) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    stream.on("status", (end: StatusObject) => {
      this.#end(end);
    });
  }

  /** Resolves once there is room for the command in the queue. */
  add(command: wire.ActorCommand): Promise<void> {
    if (this.#halfClosed || this.#ended) return Promise.reject(this.#tooLate());
    const entry = { command, bytes: sizeOf(command) };
    if (this.#blocked.length > 0 || !this.#hasRoom(entry)) {
      return new Promise((resolve, reject) => {
        this.#blocked.push({ ...entry, resolve, reject });
      });
    }
    this.#enqueue(entry);
    this.#schedule();
    return Promise.resolve();
  }

  /** No more commands; those that wait are written first. */
  halfClose(): void {
    this.#halfClosed = true;
    this.#schedule();
  }

  /** An empty queue has room for any command. */
  #hasRoom(entry: Entry): boolean {
    return (
      this.#waiting.length === 0 || this.#bytes + entry.bytes <= this.#maxBytes
    );
  }

  #enqueue(entry: Entry): void {
    this.#waiting.push(entry);
    this.#bytes += entry.bytes;
  }

  /** Commands that are given at one go make one batch. */
  #schedule(): void {
    if (this.#scheduled || this.#writing) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#write();
    });
  }

  #write(): void {
    if (this.#writing || this.#ended) return;
    const commands = this.#takeBatch();
    if (commands.length > 0) {
      this.#writing = true;
      this.#stream.write({ commands }, () => {
        this.#writing = false;
        this.#write();
      });
    } else if (this.#halfClosed) {
      this.#ended = true;
      this.#stream.end();
    }
  }

  #takeBatch(): wire.ActorCommand[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.#waiting) {
      bytes += entry.bytes;
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      if (++count === MAX_BATCH_COMMANDS) break;
    }
    const batch = this.#waiting.splice(0, count);
    for (const entry of batch) this.#bytes -= entry.bytes;
    this.#admit();
    return batch.map((entry) => entry.command);
  }

  /** Lets in those who waited for room. */
  #admit(): void {
    for (;;) {
      const [first] = this.#blocked;
      if (!first || !this.#hasRoom(first)) return;
      this.#blocked.shift();
      this.#enqueue(first);
      first.resolve();
    }
  }

  #end(end: StatusObject): void {
    this.#ended = true;
    if (end.code !== status.OK) this.#error = fromGrpc(end);
    this.#waiting.length = 0;
    for (const each of this.#blocked.splice(0)) each.reject(this.#tooLate());
  }

  #tooLate(): GatewayError {
    return (
      this.#error ??
      new GatewayError("FAILED_PRECONDITION", "the actor is closed")
    );
  }
}

function sizeOf(command: wire.ActorCommand): number {
  const payload = (command.send ?? command.sendNamed)?.payload;
  return COMMAND_BYTES + (payload?.cbor?.length ?? 0);
}
