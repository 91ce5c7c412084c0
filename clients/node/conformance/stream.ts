import {
  Actor,
  type ActorEvent,
  GatewayError,
  Listener,
  Watch,
  type WatchEvent,
} from "../src/index.js";
import { match, Mismatch } from "./matching.js";
import { eventSeen, snake } from "./seen.js";
import { type Json, type Scope, show } from "./values.js";

type Event = ActorEvent | WatchEvent;
type Next = IteratorResult<Event, undefined>;

/** An expected event: its kind, with its fields, and perhaps `times`. */
type Expected = Record<string, Json>;

/** A stream that a scenario has named. */
export class Stream {
  readonly source: Listener | Watch;
  readonly #events: AsyncIterator<Event, undefined>;
  #ahead: Promise<Next> | undefined;

  constructor(source: Listener | Watch) {
    this.source = source;
    this.#events = source[Symbol.asyncIterator]();
    // A watch makes its call when it is first read.
    this.#ahead = this.#events.next();
    this.#ahead.catch(() => undefined);
  }

  get actor(): Actor {
    if (this.source instanceof Actor) return this.source;
    throw new Error("the stream has no commands");
  }

  get speaker(): Listener {
    if (this.source instanceof Listener) return this.source;
    throw new Error("the stream is no actor's");
  }

  cancel(): void {
    this.source.cancel();
  }

  /** The events of a step `see`. */
  async see(events: Expected[], scope: Scope): Promise<void> {
    const named = new Set(events.map(kindOf));
    for (const expected of events) {
      const kind = kindOf(expected);
      const times = (expected.times ?? 1) as number;
      for (let index = 0; index < times; ++index) {
        const seen = await this.#nextOf(named);
        const told = { [snake(seen.kind)]: eventSeen(seen) };
        match({ [kind]: expected[kind] ?? {} }, told, { ...scope, index });
      }
    }
  }

  /** How the stream ends; undefined: with OK. */
  async end(skipEvents: boolean): Promise<GatewayError | undefined> {
    try {
      for (;;) {
        const { value } = await this.#next();
        if (!value) return undefined;
        if (skipEvents || this.#passedOver(value, new Set())) continue;
        throw new Mismatch(`expected the end, seen ${show(value)}`);
      }
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
  }

  async #nextOf(named: Set<string>): Promise<Event> {
    for (;;) {
      const { value } = await this.#next();
      if (!value) throw new Mismatch("the stream has ended with OK");
      if (!this.#passedOver(value, named)) return value;
    }
  }

  #next(): Promise<Next> {
    const next = this.#ahead ?? this.#events.next();
    this.#ahead = undefined;
    return next;
  }

  #passedOver(event: Event, named: Set<string>): boolean {
    if (event.kind === "commandFailed") return true;
    return event.kind === "endpointChanged" && !named.has("endpoint_changed");
  }
}

function kindOf(expected: Expected): string {
  const kinds = Object.keys(expected).filter((key) => key !== "times");
  if (kinds.length === 1) return String(kinds[0]);
  throw new Error(`${show(expected)} is no event`);
}
