import type { ClientReadableStream, Metadata } from "@grpc/grpc-js";

import { type ActorEvent, toActorEvent } from "./actor-event.js";
import { fromGrpc, GatewayError } from "./error.js";
import { expire } from "./expiry.js";
import type * as wire from "./gen/thespian/gateway/v1/gateway.js";
import { Mailbox } from "./mailbox.js";
import { gatewayIn } from "./metadata.js";
import { Delivery, Exited } from "./received.js";

/** The stream of Attach or Listen. */
export type ActorStream = ClientReadableStream<
  wire.AttachResponse | wire.ListenResponse
>;

export interface EventSink {
  /** How a command ended whose id is not 0. */
  onCommandResult(result: wire.ActorEvent_CommandResult): void;
  /** The last call. */
  onEnd(error: GatewayError): void;
}

/** What an event takes besides its payload or details, about. */
const EVENT_BYTES = 256;

/**
 * The receiving half of a local actor: reads its stream into a mailbox,
 * whether or not anyone reads that, until it is full.
 *
 * Ownership: owns the stream's reading half, and ends the whole of it.
 * Errors: the stream's, through `opened` and the mailbox. After `cancel` the
 *   mailbox just ends.
 * Memory: `maxBytes` and one response, and what gRPC reads ahead.
 */
export class EventReader {
  readonly events: Mailbox<ActorEvent>;
  readonly #stream: ActorStream;
  readonly #sink: EventSink;
  #gateway = "";
  #onOpened: ((opened: wire.ActorEvent_Opened) => void) | undefined;
  #onNotOpened: ((error: GatewayError) => void) | undefined;

  constructor(stream: ActorStream, maxBytes: number, sink: EventSink) {
    this.#stream = stream;
    this.#sink = sink;
    this.events = new Mailbox(maxBytes);
    stream.once("metadata", (header: Metadata) => {
      this.#gateway = gatewayIn(header);
    });
  }

  /** See Speaker. Known once the actor is opened. */
  get gateway(): string {
    return this.#gateway;
  }

  /** Begins to read. Call once. */
  async open(deadlineMs: number): Promise<wire.ActorEvent_Opened> {
    const answered = expire(deadlineMs, "no actor was made", (error) => {
      this.giveUp(error);
    });
    try {
      return await new Promise((resolve, reject) => {
        this.#onOpened = resolve;
        this.#onNotOpened = reject;
        void this.#read();
      });
    } finally {
      answered();
    }
  }

  /** What waits is thrown away. */
  cancel(): void {
    this.events.clear();
    this.events.end();
    this.#stream.cancel();
  }

  /** Cancels, with an error for whoever reads. */
  giveUp(error: GatewayError): void {
    this.#end(error);
    this.#stream.cancel();
  }

  async #read(): Promise<void> {
    try {
      for await (const response of this.#responses()) {
        for (const event of response.events) this.#take(event);
        await this.events.room();
      }
      this.#end();
    } catch (error) {
      this.#end(fromGrpc(error));
    }
  }

  #responses(): AsyncIterable<wire.AttachResponse | wire.ListenResponse> {
    return this.#stream;
  }

  #take(event: wire.ActorEvent): void {
    if (event.opened) {
      this.#onOpened?.(event.opened);
    } else if (event.commandResult && event.commandResult.commandId !== 0n) {
      this.#sink.onCommandResult(event.commandResult);
    } else {
      const told = toActorEvent(event);
      if (told) this.events.put(told, sizeOf(told));
    }
  }

  #end(error?: GatewayError): void {
    this.events.end(error);
    const end = error ?? new GatewayError("CANCELLED", "the stream has ended");
    this.#onNotOpened?.(end);
    this.#sink.onEnd(end);
  }
}

function sizeOf(event: ActorEvent): number {
  return EVENT_BYTES + payloadBytes(event);
}

function payloadBytes(event: ActorEvent): number {
  if (event instanceof Delivery) return event.cbor.length;
  if (!(event instanceof Exited)) return 0;
  return event.cborDetails.reduce((sum, detail) => sum + detail.length, 0);
}
