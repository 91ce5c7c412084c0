import { CommandWriter, type CommandStream } from "./command-writer.js";
import { fromStatus, type GatewayError } from "./error.js";
import type { EventSink } from "./event-reader.js";
import { expire } from "./expiry.js";
import type * as wire from "./gen/thespian/gateway/v1/gateway.js";

interface Waiting {
  resolve(): void;
  reject(error: GatewayError): void;
}

/**
 * The commands of an actor, and what the gateway says of those that are to be
 * confirmed.
 *
 * Errors: as CommandWriter; of a command that is to be confirmed the
 *   gateway's, or the stream's if that ends first.
 * Memory: as CommandWriter, and an entry for each command not yet confirmed.
 */
export class Commands implements EventSink {
  readonly #writer: CommandWriter;
  readonly #unconfirmed = new Map<bigint, Waiting>();
  readonly #deadlineMs: number;
  #lastId = 0n;

  /** `deadlineMs`: for each command that is to be confirmed. */
  constructor(stream: CommandStream, maxBytes: number, deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
    this.#writer = new CommandWriter(stream, maxBytes);
  }

  /** Resolves once the command is queued. */
  add(command: Omit<wire.ActorCommand, "commandId">): Promise<void> {
    return this.#writer.add({ commandId: 0n, ...command });
  }

  /** Resolves once the gateway says that the command has succeeded. */
  async confirm(command: Omit<wire.ActorCommand, "commandId">): Promise<void> {
    const commandId = ++this.#lastId;
    const confirmed = new Promise<void>((resolve, reject) => {
      this.#unconfirmed.set(commandId, { resolve, reject });
    });
    const answered = expire(this.#deadlineMs, "it had no answer", (error) => {
      this.#unconfirmed.get(commandId)?.reject(error);
    });
    try {
      await Promise.all([
        this.#writer.add({ commandId, ...command }),
        confirmed,
      ]);
    } finally {
      answered();
      this.#unconfirmed.delete(commandId);
    }
  }

  halfClose(): void {
    this.#writer.halfClose();
  }

  onCommandResult(result: wire.ActorEvent_CommandResult): void {
    const waiting = this.#unconfirmed.get(result.commandId);
    if (result.status?.code) waiting?.reject(fromStatus(result.status));
    else waiting?.resolve();
  }

  onEnd(error: GatewayError): void {
    for (const waiting of this.#unconfirmed.values()) waiting.reject(error);
  }
}
