import type { ActorEvent } from "./actor-event.js";
import type { Commands } from "./commands.js";
import type { EventReader } from "./event-reader.js";
import { expire } from "./expiry.js";
import type * as wire from "./gen/thespian/gateway/v1/gateway.js";
import { type Id, toName, toUint64 } from "./ids.js";
import type { MetadataInit } from "./metadata.js";
import { toPayload } from "./payload.js";

/** Who speaks, and what proves it: an Actor or a Listener is one. */
export interface Speaker {
  readonly id: Id;
  /** A secret. */
  readonly token: string;
  /**
   * Where it is attached, as the proxy before several gateways knows it. Empty
   * or left out: there is only one.
   */
  readonly gateway?: string;
}

export interface ListenOptions {
  /**
   * The name under which the child reaches this actor: up to 255 bytes of
   * UTF-8, unique among the live local actors. Default: none.
   */
  name?: string;
  /**
   * How much may wait to be read. Beyond it no more is taken from the
   * connection, and in the end the gateway cuts the actor off with
   * MAILBOX_FULL. Default: 4 MiB.
   */
  maxWaitingBytes?: number;
  /** Of its stream, besides the connection's. */
  metadata?: MetadataInit;
}

export interface AttachOptions extends ListenOptions {
  /**
   * How much may wait to be sent before `send` has to wait itself. Default:
   * 4 MiB.
   */
  maxQueuedBytes?: number;
}

export interface CommandOptions {
  /** Default: the only endpoint there is, or the one called "default". */
  endpoint?: string;
  /**
   * Wait until the gateway says that the command has succeeded, and throw what
   * it says if it has failed, or DEADLINE_EXCEEDED if it says nothing within
   * the client's deadline. Otherwise only a failure is told, as an event. Its
   * word comes among the events, and not while too many of them wait to be
   * read.
   */
  confirm?: boolean;
}

/** Of a command that names a remote actor by its id. */
export interface ByIdOptions extends CommandOptions {
  /** The run of the child that the id belongs to. Default: the current one. */
  incarnation?: Id;
}

/**
 * A local actor that only receives; it sends with the client's unary calls,
 * which take it as `from`.
 *
 *   for await (const event of listener) ...
 *
 * To leave the loop does not end the actor; `cancel` does. Only for one loop
 * at a time.
 *
 * Ownership: owns its stream, which is read whether or not there is a loop.
 * Errors: GatewayError, thrown by the loop after the last event: UNAVAILABLE
 *   when the gateway was lost. The loop just ends after `cancel`.
 * Memory: maxWaitingBytes, and what gRPC reads ahead: up to 17 responses of
 *   64 KiB, or of one payload if that is larger.
 */
export class Listener implements AsyncIterable<ActorEvent>, Speaker {
  /** Never used again while the gateway runs. */
  readonly id: bigint;
  readonly token: string;
  readonly gateway: string;
  protected readonly reader: EventReader;

  /** Use Client.listen. @internal */
  constructor(opened: wire.ActorEvent_Opened, reader: EventReader) {
    this.id = opened.actorId;
    this.token = opened.token;
    this.gateway = reader.gateway;
    this.reader = reader;
  }

  [Symbol.asyncIterator](): AsyncIterator<ActorEvent, undefined> {
    return this.reader.events[Symbol.asyncIterator]();
  }

  /** Ends the actor at once; what waits to be read is thrown away. */
  cancel(): void {
    this.reader.cancel();
  }
}

/**
 * A local actor that sends, links and receives. See Listener for how it
 * receives.
 *
 * Errors: `send`, `sendNamed` and `link` reject with INVALID_ARGUMENT for what
 *   can't be sent, with FAILED_PRECONDITION after `halfClose`, and with what the
 *   stream has ended with.
 * Memory: besides the Listener's, maxQueuedBytes, 64 KiB that are being
 *   written, and every message whose `send` is not awaited.
 */
export class Actor extends Listener {
  readonly #commands: Commands;
  readonly #deadlineMs: number;

  /** Use Client.attach. @internal */
  constructor(
    opened: wire.ActorEvent_Opened,
    reader: EventReader,
    commands: Commands,
    deadlineMs: number,
  ) {
    super(opened, reader);
    this.#commands = commands;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * Sends to a remote actor. Resolves once the message is queued, or once it
   * is in the child's pipe (`confirm`). Messages leave in the order of the
   * calls; those that wait leave together.
   */
  async send(
    toId: Id,
    payload: unknown,
    options: ByIdOptions = {},
  ): Promise<void> {
    const send = {
      endpoint: options.endpoint ?? "",
      toId: toUint64("toId", toId),
      incarnation: toUint64("incarnation", options.incarnation ?? 0n),
      payload: toPayload(payload),
    };
    await this.#command({ send }, options);
  }

  /** The same, to the actor that the child has registered under a name. */
  async sendNamed(
    name: string,
    payload: unknown,
    options: CommandOptions = {},
  ): Promise<void> {
    const sendNamed = {
      endpoint: options.endpoint ?? "",
      toName: toName("toName", name),
      payload: toPayload(payload),
    };
    await this.#command({ sendNamed }, options);
  }

  /**
   * Links this actor to a remote one: when either ends, the other is told. An
   * actor that is already gone is told as `exited` at once.
   */
  async link(remoteId: Id, options: ByIdOptions = {}): Promise<void> {
    const link = {
      endpoint: options.endpoint ?? "",
      remoteId: toUint64("remoteId", remoteId),
      incarnation: toUint64("incarnation", options.incarnation ?? 0n),
    };
    await this.#command({ link }, options);
  }

  /**
   * Takes no more commands; once those that wait are sent the actor ends, and
   * after what is still told of it, the loop.
   */
  halfClose(): void {
    this.#commands.halfClose();
  }

  /**
   * Half-closes, drops the events that still come, and waits for the end.
   * Throws why the stream has ended if that was not of its own will;
   * DEADLINE_EXCEEDED if it did not end within the client's deadline.
   */
  async close(): Promise<void> {
    this.halfClose();
    const ended = expire(this.#deadlineMs, "the actor did not end", (error) => {
      this.reader.giveUp(error);
    });
    try {
      while (!(await this.reader.events.next()).done);
    } finally {
      ended();
    }
  }

  #command(
    command: Omit<wire.ActorCommand, "commandId">,
    options: CommandOptions,
  ): Promise<void> {
    return options.confirm
      ? this.#commands.confirm(command)
      : this.#commands.add(command);
  }
}
