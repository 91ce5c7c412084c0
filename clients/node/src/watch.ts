import { setTimeout as sleep } from "node:timers/promises";

import type { ClientReadableStream } from "@grpc/grpc-js";

import type { Connection } from "./connection.js";
import { fromGrpc, type GatewayError, isStatus } from "./error.js";
import {
  GatewayServiceService as methods,
  type ProxyEvent,
  type WatchProxiesResponse,
} from "./gen/thespian/gateway/v1/gateway.js";
import { type Id, toUint64 } from "./ids.js";
import type { MetadataInit } from "./metadata.js";
import {
  type ProxyEventName,
  toKind,
  toWatchEvent,
  type WatchEvent,
} from "./watch-event.js";

export interface WatchOptions {
  /** Default: every endpoint. */
  endpoint?: string;
  /** Go on after this event (see Watch.resumeAfter). Default: a snapshot. */
  afterSequence?: Id;
  /**
   * The run of the gateway that afterSequence is of (see Watch.epoch). Default:
   * not known. The events after another run's are never held.
   */
  epoch?: Id;
  /**
   * Never a snapshot: only what happens from now, or after afterSequence, or
   * SEQUENCE_COMPACTED if those events are no longer held.
   */
  skipSnapshot?: boolean;
  /** Default: every kind. snapshotComplete and gap are always told. */
  kinds?: readonly ProxyEventName[];
  /** Message events carry their payload's CBOR, up to 4 KiB of it. */
  includePayloads?: boolean;
  /** Of its streams, besides the connection's. */
  metadata?: MetadataInit;
}

type Responses = ClientReadableStream<WatchProxiesResponse>;

/**
 * The events of the remote actors, one by one:
 *
 *   for await (const event of client.watch()) ...
 *
 * Once it has begun it outlives the gateway: after UNAVAILABLE, when its stream
 * broke (INTERNAL or UNKNOWN, without a reason), or when it was cut off because
 * it read too slowly (MAILBOX_FULL), it connects again, for as long as it takes,
 * and goes on after the last event that it told. If it can't, it says so
 * (`notResumed`) and starts over.
 *
 * The gateway is asked when the loop begins. Only for one loop at a time; one
 * that was left may be followed by another, which goes on.
 *
 * Ownership: owns its stream, one at a time, while there is a loop.
 * Errors: GatewayError, thrown by the loop. The loop just ends after `cancel`.
 * Memory: what gRPC reads ahead: up to 17 responses of at most 1 MiB.
 */
export class Watch implements AsyncIterable<WatchEvent> {
  readonly #connection: Connection;
  readonly #options: WatchOptions;
  readonly #cancelled = new AbortController();
  #resumeAfter: bigint;
  #epoch: bigint; // of resumeAfter
  #inSnapshot = false;
  #begun = false;
  #losses = 0; // since the gateway was last heard
  #untold = true; // whether a loss would be one of something that was told

  /** Use Client.watch. @internal */
  constructor(connection: Connection, options: WatchOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#resumeAfter = toUint64("afterSequence", options.afterSequence ?? 0n);
    this.#epoch = toUint64("epoch", options.epoch ?? 0n);
  }

  /**
   * The last event told, as the afterSequence of a watch that goes on after
   * it; 0n if there is no such place, as within a snapshot.
   */
  get resumeAfter(): bigint {
    return this.#resumeAfter;
  }

  /** The run of the gateway that resumeAfter is of; 0n: not known yet. */
  get epoch(): bigint {
    return this.#epoch;
  }

  /** Ends the loop, at once or before the next event, and every later one. */
  cancel(): void {
    this.#cancelled.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<
    WatchEvent,
    undefined,
    undefined
  > {
    const release = this.#connection.hold(this);
    try {
      while (yield* this.#watchOnce());
    } finally {
      release();
    }
  }

  /** One stream to its end. True: it was lost, and the next may be tried. */
  async *#watchOnce(): AsyncGenerator<WatchEvent, boolean, undefined> {
    if (this.#isCancelled()) return false;
    const stream = this.#open();
    try {
      yield* this.#tell(stream);
      return false;
    } catch (error) {
      if (this.#isCancelled()) return false;
      yield* this.#recover(fromGrpc(error));
      return true;
    } finally {
      stream.cancel();
    }
  }

  #isCancelled(): boolean {
    return this.#cancelled.signal.aborted;
  }

  #open(): Responses {
    const resume = this.#resumeAfter !== 0n;
    const { endpoint, skipSnapshot, kinds, includePayloads } = this.#options;
    const request = {
      endpoint: endpoint ?? "",
      afterSequence: this.#resumeAfter,
      epoch: resume ? this.#epoch : 0n,
      // Rather an error than a snapshot that looks like events.
      skipSnapshot: resume || (skipSnapshot ?? false),
      kinds: (kinds ?? []).map(toKind),
      includePayloads: includePayloads ?? false,
    };
    const stream = this.#connection.serverStream(
      methods.watchProxies,
      request,
      this.#options.metadata,
    );
    this.#inSnapshot = !resume && !skipSnapshot;
    // The gateway sends it at once; an error comes without.
    stream.once("metadata", () => (this.#begun = true));
    const cancel = () => {
      stream.cancel();
    };
    const { signal } = this.#cancelled;
    signal.addEventListener("abort", cancel);
    stream.once("status", () => {
      signal.removeEventListener("abort", cancel);
    });
    return stream;
  }

  async *#tell(stream: AsyncIterable<WatchProxiesResponse>) {
    for await (const response of stream) {
      this.#losses = 0;
      if (response.epoch !== 0n) this.#epoch = response.epoch;
      for (const event of response.events) {
        this.#note(event);
        const told = toWatchEvent(event);
        if (this.#isCancelled()) return;
        if (told) yield told;
      }
    }
  }

  /** The rows of a snapshot are no place to go on from before all are told. */
  #note(event: ProxyEvent): void {
    if (!event.heartbeat) this.#untold = true;
    if (event.snapshotComplete) this.#inSnapshot = false;
    if (!this.#inSnapshot) this.#resumeAfter = event.sequence;
  }

  /** Makes ready for the next try, or throws. */
  async *#recover(loss: GatewayError) {
    // Only the user knows what is to come in place of what was asked for.
    const compacted =
      loss.reason === "SEQUENCE_COMPACTED" &&
      (this.#begun || !this.#options.skipSnapshot);
    if (!compacted && !(this.#begun && isLoss(loss))) throw loss;
    if (compacted || this.#resumeAfter === 0n) yield* this.#startOver();
    if (!compacted) await this.#pause();
  }

  *#startOver(): Generator<WatchEvent, void, undefined> {
    const afterSequence = this.#resumeAfter;
    this.#resumeAfter = 0n;
    this.#epoch = 0n;
    if (!this.#untold) return;
    this.#untold = false;
    yield { kind: "notResumed", afterSequence };
  }

  async #pause(): Promise<void> {
    const pause = this.#connection.backoff.pause(this.#losses++);
    const { signal } = this.#cancelled;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Whether the same may be asked again. A stream that a proxy resets ends with
 * INTERNAL or UNKNOWN; where these are the gateway's word they have a reason.
 */
function isLoss(error: GatewayError): boolean {
  switch (error.code) {
    case "UNAVAILABLE":
      return true;
    case "INTERNAL":
    case "UNKNOWN":
      return error.reason === "" && isStatus(error.cause);
    default:
      return error.reason === "MAILBOX_FULL";
  }
}
