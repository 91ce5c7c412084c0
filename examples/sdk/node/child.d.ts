export { Payload };
/** What `actor` takes from the client's actor `sender` (0: from nobody). */
export class Message {
    /**
     * @param {Actor} actor
     * @param {Id} sender
     * @param {Payload} payload
     */
    constructor(actor: Actor, sender: Id, payload: Payload);
    actor: Actor;
    sender: wire.Id;
    payload: Payload;
    /**
     * The payload, if it is a list; [] if it isn't, or can't be read.
     * @returns {unknown[]}
     */
    items(): unknown[];
    /**
     * Sends to who sent it; nobody is not answered.
     * @param {unknown} value
     */
    reply(value: unknown): void;
}
/**
 * One of the child's. Its methods wait while the gateway does not read; they
 * throw a FieldError, or the error of the write if the gateway has gone.
 */
export class Actor {
    /**
     * @param {Child} child
     * @param {number} id
     * @param {string | undefined} name
     * @param {Receive} receive
     * @internal
     */
    constructor(child: Child, id: number, name: string | undefined, receive: Receive);
    /**
     * Told of the ends of those that are linked to it.
     * @type {OnExit | undefined}
     */
    onExit: OnExit | undefined;
    /**
     * Clients' actors.
     * @type {Set<Id>}
     * @internal
     */
    linked: Set<Id>;
    id: number;
    name: string | undefined;
    receive: Receive;
    /** Whether it has not ended. */
    get alive(): boolean;
    /**
     * Sends to a client's actor; for nobody (0) nothing is written.
     * @param {Id} to
     * @param {unknown} value
     */
    send(to: Id, value: unknown): void;
    /**
     * Sends to the client that has attached itself under this name.
     * @param {string} name
     * @param {unknown} value
     */
    sendNamed(name: string, value: unknown): void;
    /**
     * Links it to a client's actor: when one ends, the other is told.
     * @param {Id} to
     */
    link(to: Id): void;
    /** Ends it. Of a long reason the beginning is told. */
    exit(reason?: string): void;
    #private;
}
/**
 * The actors, by id and by name, and the two streams. It keeps no more than one
 * frame and one read.
 *
 * Once there is one, `console` writes to stderr: stdout is the gateway's.
 */
export class Child {
    /**
     * The dialect is that of the gateway, and so is the limit of frames.
     * @param {{ dialect?: string, maxFrameBytes?: number }} [options]
     */
    constructor({ dialect, maxFrameBytes }?: {
        dialect?: string;
        maxFrameBytes?: number;
    });
    /**
     * Told of all clients' actors.
     * @type {OnExit | undefined}
     */
    onExit: OnExit | undefined;
    /** @internal */
    thespian: boolean;
    /**
     * Adds an actor of this name. The ids of named actors go up, from 1 to 99; the
     * next one is taken if none is given.
     * @param {string} name
     * @param {Receive} receive
     */
    actor(name: string, receive: Receive, id?: number): Actor;
    /**
     * Starts an actor under a fresh id, from 100 on.
     * @param {Receive} receive
     */
    spawn(receive: Receive): Actor;
    /**
     * Hands messages to their actors, one at a time, until stdin ends: what an
     * actor's function promises is waited for. If it throws, the actor ends; its
     * reason is the error's name. Throws a WireError, or the error of a write.
     */
    run(): Promise<void>;
    /**
     * @param {Id} id
     * @internal
     */
    find(id: Id): Actor | undefined;
    /**
     * @param {Actor} actor
     * @param {Id} peer
     * @internal
     */
    link(actor: Actor, peer: Id): void;
    /**
     * @param {Actor} actor
     * @internal
     */
    remove(actor: Actor): void;
    /**
     * @param {string} tag
     * @param {Id} id
     * @internal
     */
    idItem(tag: string, id: Id): Buffer<ArrayBuffer>;
    /**
     * Cut at a code point.
     * @param {string} reason
     * @internal
     */
    reasonItem(reason: string): Buffer<ArrayBuffer>;
    /**
     * Writes a frame, and waits until there is room for it.
     * @param {string} verb
     * @param {Buffer[]} items
     * @internal
     */
    write(verb: string, ...items: Buffer[]): void;
    #private;
}
export type Id = import("./wire.js").Id;
export type Receive = (message: Message) => void | Promise<void>;
/**
 * Which client's actor has ended, and why.
 */
export type OnExit = (peer: Id, reason: string) => void | Promise<void>;
import { Payload } from "./payload.js";
import * as wire from "./wire.js";
export { FieldError, WireError } from "./wire.js";
