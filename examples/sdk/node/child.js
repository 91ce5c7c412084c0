// A child of thespian-gateway: actors that speak through stdin and stdout.
import { writeSync } from "node:fs";

import { Payload } from "./payload.js";
import * as wire from "./wire.js";

export { Payload };
export { FieldError, WireError } from "./wire.js";

/** @typedef {import("./wire.js").Id} Id */
/** @typedef {(message: Message) => void | Promise<void>} Receive */
/**
 * Which client's actor has ended, and why.
 * @typedef {(peer: Id, reason: string) => void | Promise<void>} OnExit
 */

/**
 * What may be written, in bytes: the content of a frame, and a reason.
 * @type {Record<string, [number, number]>}
 */
const DIALECTS = {
  plain: [64 * 2 ** 20, 1024],
  thespian: [32_768 - 5, 248],
};

/** What `actor` takes from the client's actor `sender` (0: from nobody). */
export class Message {
  /**
   * @param {Actor} actor
   * @param {Id} sender
   * @param {Payload} payload
   */
  constructor(actor, sender, payload) {
    this.actor = actor;
    this.sender = sender;
    this.payload = payload;
  }

  /**
   * The payload, if it is a list; [] if it isn't, or can't be read.
   * @returns {unknown[]}
   */
  items() {
    try {
      const value = this.payload.value();
      return Array.isArray(value) ? value : [];
    } catch {
      return [];
    }
  }

  /**
   * Sends to who sent it; nobody is not answered.
   * @param {unknown} value
   */
  reply(value) {
    this.actor.send(this.sender, value);
  }
}

/**
 * One of the child's. Its methods wait while the gateway does not read; they
 * throw a FieldError, or the error of the write if the gateway has gone.
 */
export class Actor {
  /**
   * Told of the ends of those that are linked to it.
   * @type {OnExit | undefined}
   */
  onExit;

  /**
   * Clients' actors.
   * @type {Set<Id>}
   * @internal
   */
  linked = new Set();

  #child;

  /**
   * @param {Child} child
   * @param {number} id
   * @param {string | undefined} name
   * @param {Receive} receive
   * @internal
   */
  constructor(child, id, name, receive) {
    this.#child = child;
    this.id = id;
    this.name = name;
    this.receive = receive;
  }

  /** Whether it has not ended. */
  get alive() {
    return this.#child.find(this.id) === this;
  }

  /**
   * Sends to a client's actor; for nobody (0) nothing is written.
   * @param {Id} to
   * @param {unknown} value
   */
  send(to, value) {
    if (!to) return;
    this.#speak("send", this.#child.idItem("RPID", to), Payload.of(value).cbor);
  }

  /**
   * Sends to the client that has attached itself under this name.
   * @param {string} name
   * @param {unknown} value
   */
  sendNamed(name, value) {
    this.#speak("send_named", nameItem(name), Payload.of(value).cbor);
  }

  /**
   * Links it to a client's actor: when one ends, the other is told.
   * @param {Id} to
   */
  link(to) {
    this.#speak("link", this.#child.idItem("RPID", to));
    this.#child.link(this, to);
  }

  /** Ends it. Of a long reason the beginning is told. */
  exit(reason = "normal") {
    // The gateway keeps the links. A thespian process keeps them itself, and
    // tells only those.
    if (this.linked.size > 0 || !this.#child.thespian || !this.alive)
      this.#speak("exit", this.#child.reasonItem(reason));
    this.#child.remove(this);
  }

  /**
   * @param {string} verb
   * @param {Buffer[]} items
   */
  #speak(verb, ...items) {
    if (!this.alive)
      throw new wire.FieldError("actor", this.id, "one that lives");
    this.#child.write(verb, this.#child.idItem("LPID", this.id), ...items);
  }
}

/**
 * The actors, by id and by name, and the two streams. It keeps no more than one
 * frame and one read.
 *
 * Once there is one, `console` writes to stderr: stdout is the gateway's.
 */
export class Child {
  /**
   * Told of all clients' actors.
   * @type {OnExit | undefined}
   */
  onExit;

  /** @type {Map<Id, Actor>} */
  #actors = new Map();
  /** @type {Map<string, Actor>} */
  #names = new Map();
  /** By the client's actor. @type {Map<Id, Set<Actor>>} */
  #links = new Map();
  #nextNamed = 1;
  #nextSpawned = 100;
  #frames;
  #maxWritten;
  #maxReason;

  /**
   * The dialect is that of the gateway, and so is the limit of frames.
   * @param {{ dialect?: string, maxFrameBytes?: number }} [options]
   */
  constructor({ dialect = "plain", maxFrameBytes = 4 * 2 ** 20 } = {}) {
    const limits = Object.hasOwn(DIALECTS, dialect) && DIALECTS[dialect];
    if (!limits)
      throw new wire.FieldError("dialect", dialect, "plain or thespian");
    /** @internal */
    this.thespian = dialect === "thespian";
    this.#maxWritten = Math.min(limits[0], maxFrameBytes);
    this.#maxReason = limits[1];
    this.#frames = new wire.FrameReader(maxFrameBytes);
    globalThis.console = new console.Console(process.stderr);
  }

  /**
   * Adds an actor of this name. The ids of named actors go up, from 1 to 99; the
   * next one is taken if none is given.
   * @param {string} name
   * @param {Receive} receive
   */
  actor(name, receive, id = this.#nextNamed) {
    nameItem(name);
    if (this.#names.has(name))
      throw new wire.FieldError("name", name, "a new one");
    if (!(Number.isInteger(id) && id >= this.#nextNamed && id < 100))
      throw new wire.FieldError("id", id, `${this.#nextNamed} to 99`);
    const actor = new Actor(this, id, name, receive);
    this.#nextNamed = id + 1;
    this.#names.set(name, actor);
    this.#actors.set(id, actor);
    return actor;
  }

  /**
   * Starts an actor under a fresh id, from 100 on.
   * @param {Receive} receive
   */
  spawn(receive) {
    const actor = new Actor(this, this.#nextSpawned++, undefined, receive);
    this.#actors.set(actor.id, actor);
    return actor;
  }

  /**
   * Hands messages to their actors, one at a time, until stdin ends: what an
   * actor's function promises is waited for. If it throws, the actor ends; its
   * reason is the error's name. Throws a WireError, or the error of a write.
   */
  async run() {
    try {
      for await (const chunk of process.stdin)
        for (const content of this.#frames.feed(chunk))
          await this.#take(content);
      this.#frames.finish();
    } catch (error) {
      if (error instanceof wire.WireError)
        this.write("transport_error", this.reasonItem(error.message));
      throw error;
    }
    this.write("transport_error", wire.text("stdin_closed"));
  }

  /** @param {Buffer} content */
  async #take(content) {
    const message = parsed(content);
    const { verb, from = 0, to = 0, text = "", payload } = message ?? {};
    const actor =
      verb === "send_named" ? this.#names.get(text) : this.#actors.get(to);
    if (verb === "exit") return this.#tellExit(from, text);
    if (!actor) return this.#refuse(to, verb === "send_named" ? text : "");
    if (verb === "link") return this.link(actor, from);
    if (!payload) return;
    const told = new Message(actor, from, new Payload(payload));
    await this.#guard(actor, () => actor.receive(told));
  }

  /**
   * @param {Actor} actor
   * @param {() => void | Promise<void>} call
   */
  async #guard(actor, call) {
    try {
      await call();
    } catch (error) {
      console.error(`actor ${actor.id} ends:`, error);
      const reason = error instanceof Error ? error.name : String(error);
      if (actor.alive) actor.exit(reason);
    }
  }

  /**
   * @param {Id} to
   * @param {string} name
   */
  #refuse(to, name) {
    // A thespian process says nothing of actors that are not there.
    if (name || (to && this.thespian))
      console.error(`there is no actor ${name || to}`);
    else if (to)
      this.write("exit", this.idItem("LPID", to), wire.text("no_such_actor"));
  }

  /**
   * @param {Id} peer
   * @param {string} reason
   */
  async #tellExit(peer, reason) {
    const linked = this.#links.get(peer) ?? [];
    this.#links.delete(peer);
    for (const actor of linked) {
      actor.linked.delete(peer);
      if (actor.alive)
        await this.#guard(actor, () => actor.onExit?.(peer, reason));
    }
    await this.onExit?.(peer, reason);
  }

  /**
   * @param {Id} id
   * @internal
   */
  find(id) {
    return this.#actors.get(id);
  }

  /**
   * @param {Actor} actor
   * @param {Id} peer
   * @internal
   */
  link(actor, peer) {
    actor.linked.add(peer);
    const linked = this.#links.get(peer);
    if (linked) linked.add(actor);
    else this.#links.set(peer, new Set([actor]));
  }

  /**
   * @param {Actor} actor
   * @internal
   */
  remove(actor) {
    this.#actors.delete(actor.id);
    if (actor.name !== undefined) this.#names.delete(actor.name);
    for (const peer of actor.linked) {
      this.#links.get(peer)?.delete(actor);
      if (this.#links.get(peer)?.size === 0) this.#links.delete(peer);
    }
  }

  /**
   * @param {string} tag
   * @param {Id} id
   * @internal
   */
  idItem(tag, id) {
    const exact = typeof id === "bigint" || Number.isSafeInteger(id);
    if (!exact || id < 0 || id >= 2n ** 64n)
      throw new wire.FieldError("id", id, "0 to 2^64 - 1");
    const number = wire.head(wire.UINT, id);
    if (!this.thespian) return number;
    return Buffer.concat([wire.head(wire.ARRAY, 2), wire.text(tag), number]);
  }

  /**
   * Cut at a code point.
   * @param {string} reason
   * @internal
   */
  reasonItem(reason) {
    const bytes = Buffer.from(reason);
    let end = Math.min(bytes.length, this.#maxReason);
    while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) --end;
    return wire.text(bytes.toString("utf8", 0, end));
  }

  /**
   * Writes a frame, and waits until there is room for it.
   * @param {string} verb
   * @param {Buffer[]} items
   * @internal
   */
  write(verb, ...items) {
    const start = [wire.head(wire.ARRAY, items.length + 1), wire.text(verb)];
    const content = Buffer.concat([...start, ...items]);
    if (content.length > this.#maxWritten) {
      const limit = `at most ${this.#maxWritten}`;
      throw new wire.FieldError("frame", `${content.length} bytes`, limit);
    }
    const head = Buffer.from([0x5a, 0, 0, 0, 0]);
    head.writeUInt32BE(content.length, 1);
    writeAll(Buffer.concat([head, content]));
  }
}

const nothing = new Int32Array(new SharedArrayBuffer(4));

/** @param {Buffer} bytes */
function writeAll(bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      // Somebody made stdout one that does not wait.
      if (!(error instanceof Error && "code" in error)) throw error;
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(nothing, 0, 0, 1);
    }
  }
}

/** @param {Buffer} content */
function parsed(content) {
  try {
    return wire.parse(content);
  } catch (error) {
    if (!(error instanceof wire.NotUnderstoodError)) throw error;
    console.error(`passed over: ${error.message}`);
  }
}

/** @param {string} name */
function nameItem(name) {
  const size = Buffer.byteLength(name);
  if (size === 0 || size > 255)
    throw new wire.FieldError("name", `${size} bytes`, "1 to 255");
  return wire.text(name);
}
