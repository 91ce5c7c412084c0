import { setTimeout as sleep } from "node:timers/promises";

import {
  type Client,
  connect,
  GatewayError,
  type ProxyEventName,
  type TlsOptions,
} from "../src/index.js";
import { match, Mismatch } from "./matching.js";
import { camel, messageSeen, toSeen } from "./seen.js";
import { Stream } from "./stream.js";
import {
  formOf,
  idOf,
  type Json,
  payloadOf,
  type Scope,
  show,
  textOf,
  valueOf,
} from "./values.js";

export type Step = Record<string, Json>;

/** Asks the driver to do something to the gateway, and waits until it is done. */
export type Ask = (action: string) => Promise<void>;

const STEP_MS = 10_000;
const PAUSE_MS = 20;

/** One scenario with a connection of its own. */
export class Scenario {
  readonly #client: Client;
  readonly #ask: Ask;
  readonly #streams = new Map<string, Stream>();
  readonly #saved = new Map<string, unknown>();

  constructor(address: string, tls: TlsOptions | undefined, ask: Ask) {
    this.#client = connect(address, tls);
    this.#ask = ask;
  }

  /** Throws what went wrong. */
  async run(steps: Step[]): Promise<void> {
    try {
      for (const [number, step] of steps.entries()) {
        await this.#runStep(step).catch((error: unknown) => {
          const why = error instanceof Error ? error.message : String(error);
          throw new Mismatch(`step ${number + 1} (${textOf(step.do)}): ${why}`);
        });
      }
    } finally {
      for (const stream of this.#streams.values()) stream.cancel();
      this.#client.close();
    }
  }

  async #runStep(step: Step): Promise<void> {
    const times = (step.times ?? 1) as number;
    for (let index = 0; index < times; ++index) {
      const scope = { saved: this.#saved, index };
      if (step.eventually) await this.#eventually(step, scope);
      else await this.#once(step, scope);
    }
  }

  async #eventually(step: Step, scope: Scope): Promise<void> {
    const last = Date.now() + STEP_MS;
    for (;;) {
      try {
        await this.#once(step, scope);
        return;
      } catch (error) {
        if (!(error instanceof Mismatch) || Date.now() > last) throw error;
      }
      await sleep(PAUSE_MS);
    }
  }

  /** Does the step and compares its outcome. */
  async #once(step: Step, scope: Scope): Promise<void> {
    if (step.do === "gateway") {
      await this.#ask(textOf(step.action));
      return;
    }
    let seen: unknown;
    try {
      seen = await inTime(this.#do(step, scope));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      matchError(step.error, error, scope);
      return;
    }
    if (step.error) {
      throw new Mismatch(`expected ${show(step.error)}, seen ${show(seen)}`);
    }
    if (step.expect !== undefined) match(step.expect, seen, scope);
  }

  #do(step: Step, scope: Scope): Promise<unknown> {
    if (step.on !== undefined) return this.#onStream(step, scope);
    switch (step.do) {
      case "attach":
      case "listen":
      case "watch":
        return this.#openStream(step, scope);
      case "call":
        return this.#call(step, scope);
      case "send":
        return this.#send(step, scope);
      case "release":
        return this.#release(step, scope);
      default:
        return this.#list(step);
    }
  }

  async #call(step: Step, scope: Scope): Promise<unknown> {
    const payload = payloadOf(step.payload ?? null, scope);
    const to = targetOf(step, scope);
    return messageSeen(await this.#client.call(to, payload, optionsOf(step)));
  }

  async #send(step: Step, scope: Scope): Promise<unknown> {
    const payload = payloadOf(step.payload ?? null, scope);
    const to = targetOf(step, scope);
    const from = this.#speaker(step.from, scope);
    const options = { ...optionsOf(step), ...(from && { from }) };
    const incarnation = idOf(step.incarnation, scope);
    const sent =
      typeof to === "string"
        ? this.#client.sendNamed(to, payload, options)
        : this.#client.send(to, payload, { ...options, incarnation });
    return { incarnation: await sent };
  }

  async #release(step: Step, scope: Scope): Promise<unknown> {
    const incarnation = await this.#client.release(
      idOf(step.remote_id, scope),
      { ...optionsOf(step), incarnation: idOf(step.incarnation, scope) },
    );
    return { incarnation };
  }

  async #list(step: Step): Promise<unknown> {
    switch (step.do) {
      case "proxies":
        return toSeen(await collect(this.#client.proxies(optionsOf(step))));
      case "local_actors":
        return toSeen(await collect(this.#client.localActors()));
      case "endpoints":
        return toSeen(await this.#client.endpoints());
      case "endpoint":
        return toSeen(await this.#client.endpoint(optionsOf(step)));
      default:
        throw new Error("no such step");
    }
  }

  async #openStream(step: Step, scope: Scope): Promise<unknown> {
    const source = await this.#source(step, scope);
    const stream = new Stream(source);
    this.#streams.set(textOf(step.as), stream);
    return "id" in source ? { actor_id: source.id } : {};
  }

  async #source(step: Step, scope: Scope) {
    const name = valueOf(step.name ?? "", scope) as string;
    if (step.do === "attach") return this.#client.attach({ name });
    if (step.do === "listen") return this.#client.listen({ name });
    const kinds = (step.kinds ?? []) as string[];
    return this.#client.watch({
      endpoint: textOf(step.endpoint),
      afterSequence: idOf(step.after_sequence, scope),
      epoch: idOf(step.epoch, scope),
      skipSnapshot: step.skip_snapshot === true,
      kinds: kinds.map((kind) => camel(kind) as ProxyEventName),
      includePayloads: step.include_payloads === true,
    });
  }

  async #onStream(step: Step, scope: Scope): Promise<unknown> {
    const name = textOf(step.on);
    const stream = this.#streams.get(name);
    if (!stream) throw new Error(`there is no stream ${name}`);
    switch (step.do) {
      case "send":
      case "link":
        return this.#command(stream, step, scope);
      case "half_close":
        stream.actor.halfClose();
        return {};
      case "cancel":
        stream.cancel();
        return {};
      case "see":
        await stream.see(step.events as Step[], scope).catch(unexpected);
        return {};
      case "end": {
        const error = await stream.end(step.skip_events === true);
        if (error) throw error;
        return "the stream's end with OK";
      }
      default:
        throw new Error("no such step on a stream");
    }
  }

  async #command(stream: Stream, step: Step, scope: Scope): Promise<unknown> {
    const options = {
      ...optionsOf(step),
      incarnation: idOf(step.incarnation, scope),
      confirm: step.confirm === true || step.error !== undefined,
    };
    const { actor } = stream;
    if (step.do === "link") {
      await actor.link(idOf(step.remote_id, scope), options);
      return {};
    }
    const to = targetOf(step, scope);
    const payload = payloadOf(step.payload ?? null, scope);
    if (typeof to === "string") await actor.sendNamed(to, payload, options);
    else await actor.send(to, payload, options);
    return {};
  }

  #speaker(from: Json | undefined, scope: Scope) {
    if (from === undefined) return undefined;
    if (typeof from === "string") return this.#streams.get(from)?.speaker;
    const { id, token } = from as Step;
    return { id: idOf(id, scope), token: textOf(token) };
  }
}

/** A text is a name; anything else an id. */
function targetOf(step: Step, scope: Scope) {
  const to = step.to ?? "";
  const isName = typeof to === "string" || formOf(to)?.[0] === "$text";
  return isName ? (valueOf(to, scope) as string) : idOf(to, scope);
}

function optionsOf(step: Step) {
  const deadlineMs = step.deadline_ms as number | undefined;
  return {
    endpoint: textOf(step.endpoint),
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
}

function matchError(
  expected: Json | undefined,
  error: GatewayError,
  scope: Scope,
): void {
  const { code, reason, retryable, message } = error;
  const seen = { code, reason, retryable, message };
  if (!expected) throw new Mismatch(`failed: ${show(seen)}`);
  match(expected, seen, scope);
}

/** What ends a stream within `see`. */
function unexpected(error: unknown): never {
  if (!(error instanceof GatewayError)) throw error;
  throw new Mismatch(`the stream has ended: ${error.code} ${error.message}`);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function inTime<T>(outcome: Promise<T>): Promise<T> {
  const enough = new AbortController();
  const late = sleep(STEP_MS, undefined, { signal: enough.signal }).then(() => {
    throw new Mismatch(`nothing came within ${STEP_MS} ms`);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    enough.abort();
    late.catch(() => undefined);
    outcome.catch(() => undefined);
  }
}
