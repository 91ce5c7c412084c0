import {
  Actor,
  type AttachOptions,
  Listener,
  type ListenOptions,
  type Speaker,
} from "./actor.js";
import { Admin } from "./admin.js";
import { Commands } from "./commands.js";
import {
  type CallOptions,
  Connection,
  type ConnectOptions,
} from "./connection.js";
import { GatewayError } from "./error.js";
import { EventReader } from "./event-reader.js";
import {
  type ActorCommand_Open,
  type Endpoint,
  GatewayServiceService as methods,
  type LocalActor,
  PayloadEncoding,
  type Proxy,
} from "./gen/thespian/gateway/v1/gateway.js";
import { type Id, toName, toUint64 } from "./ids.js";
import { toPayload } from "./payload.js";
import { Reply } from "./received.js";
import { Watch, type WatchOptions } from "./watch.js";

/** Of a call that is about an endpoint. */
export interface EndpointOptions extends CallOptions {
  /** Default: the only endpoint there is, or the one called "default". */
  endpoint?: string;
}

/** Of a call that names a remote actor by its id. */
export interface RemoteOptions extends EndpointOptions {
  /** The run of the child that the id belongs to. Default: the current one. */
  incarnation?: Id;
}

export interface SpeakOptions {
  /** Default: nobody. */
  from?: Speaker;
}

export interface PageOptions extends CallOptions {
  /** 1 to 1,000 rows at a time. Default: the gateway's choice. */
  pageSize?: number;
}

const DEFAULT_WAITING_BYTES = 4 << 20;

/**
 * A client of one gateway.
 *
 * Ownership: owns its connection; `close` ends the actors, listeners and
 *   watches that it made.
 * Errors: GatewayError. DEADLINE_EXCEEDED after the deadline. UNAVAILABLE: the
 *   gateway could not be reached, or its child is down.
 */
export class Client {
  /** For operators: children's lives, the configuration, the last frames. */
  readonly admin: Admin;
  readonly #connection: Connection;

  /** Use `connect`. @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.admin = new Admin(connection);
  }

  /**
   * Sends to a remote actor, given by name or by id, and resolves to the first
   * message that comes back.
   */
  async call(
    to: string | Id,
    payload: unknown,
    options: EndpointOptions = {},
  ): Promise<Reply> {
    const target =
      typeof to === "string" ? { toName: to } : { toId: toUint64("toId", to) };
    const request = {
      endpoint: options.endpoint ?? "",
      ...target,
      payload: toPayload(payload),
      replyEncoding: PayloadEncoding.CBOR,
    };
    return new Reply(await this.#unary(methods.call, request, options));
  }

  /**
   * Sends to a remote actor. Resolves, once the message is in the child's
   * pipe, to the incarnation that took it. At most once: after any error but
   * DEADLINE_EXCEEDED and UNAVAILABLE it was not sent.
   */
  async send(
    toId: Id,
    payload: unknown,
    options: RemoteOptions & SpeakOptions = {},
  ): Promise<bigint> {
    const request = {
      endpoint: options.endpoint ?? "",
      fromId: toUint64("from.id", options.from?.id ?? 0n),
      toId: toUint64("toId", toId),
      incarnation: toUint64("incarnation", options.incarnation ?? 0n),
      payload: toPayload(payload),
    };
    const { from } = options;
    const sent = await this.#unary(methods.send, request, options, from);
    return sent.incarnation;
  }

  /** The same, to the actor that the child has registered under a name. */
  async sendNamed(
    name: string,
    payload: unknown,
    options: EndpointOptions & SpeakOptions = {},
  ): Promise<bigint> {
    const request = {
      endpoint: options.endpoint ?? "",
      fromId: toUint64("from.id", options.from?.id ?? 0n),
      toName: toName("toName", name),
      payload: toPayload(payload),
    };
    const { from } = options;
    const sent = await this.#unary(methods.sendNamed, request, options, from);
    return sent.incarnation;
  }

  /** Becomes a local actor. Resolves once the actor exists. */
  async attach(options: AttachOptions = {}): Promise<Actor> {
    const open = openCommand(options);
    const stream = this.#connection.bidiStream(
      methods.attach,
      options.metadata,
    );
    const { deadlineMs } = this.#connection;
    const commands = new Commands(
      stream,
      options.maxQueuedBytes ?? DEFAULT_WAITING_BYTES,
      deadlineMs,
    );
    const reader = new EventReader(stream, maxWaitingBytes(options), commands);
    await commands.add({ open });
    stream.once("status", this.#connection.hold(reader));
    const opened = await reader.open(deadlineMs);
    return new Actor(opened, reader, commands, deadlineMs);
  }

  /** Becomes a local actor that only receives. Resolves once it exists. */
  async listen(options: ListenOptions = {}): Promise<Listener> {
    const stream = this.#connection.serverStream(
      methods.listen,
      { open: openCommand(options) },
      options.metadata,
    );
    const reader = new EventReader(stream, maxWaitingBytes(options), {
      onCommandResult: () => undefined,
      onEnd: () => undefined,
    });
    stream.once("status", this.#connection.hold(reader));
    return new Listener(await reader.open(this.#connection.deadlineMs), reader);
  }

  /** Watches the remote actors. */
  watch(options: WatchOptions = {}): Watch {
    return new Watch(this.#connection, options);
  }

  /** The live proxies. One that lives all the while is told exactly once. */
  async *proxies(
    options: EndpointOptions & PageOptions = {},
  ): AsyncGenerator<Proxy, void, undefined> {
    const pages = this.#pages(options, (page) =>
      this.#unary(
        methods.listProxies,
        { ...page, endpoint: options.endpoint ?? "" },
        options,
      ),
    );
    for await (const page of pages) yield* page.proxies;
  }

  /** The attached clients, by rising id. */
  async *localActors(
    options: PageOptions = {},
  ): AsyncGenerator<LocalActor, void, undefined> {
    const pages = this.#pages(options, (page) =>
      this.#unary(methods.listLocalActors, page, options),
    );
    for await (const page of pages) yield* page.actors;
  }

  /** Every endpoint, by name. */
  async endpoints(options: CallOptions = {}): Promise<Endpoint[]> {
    return (await this.#unary(methods.listEndpoints, {}, options)).endpoints;
  }

  /** One endpoint: its state, limits and counters. */
  async endpoint(options: EndpointOptions = {}): Promise<Endpoint> {
    const request = { endpoint: options.endpoint ?? "" };
    const { endpoint } = await this.#unary(
      methods.getEndpoint,
      request,
      options,
    );
    if (endpoint) return endpoint;
    throw new GatewayError("INTERNAL", "the gateway described no endpoint");
  }

  /**
   * Drops the proxy of a remote actor; those linked to it are told "released".
   * Resolves to the incarnation whose proxy it was.
   */
  async release(remoteId: Id, options: RemoteOptions = {}): Promise<bigint> {
    const request = {
      endpoint: options.endpoint ?? "",
      remoteId: toUint64("remoteId", remoteId),
      incarnation: toUint64("incarnation", options.incarnation ?? 0n),
    };
    const released = await this.#unary(methods.releaseProxy, request, options);
    return released.incarnation;
  }

  /**
   * Cancels the actors, listeners and watches, and ends the connection. Calls
   * that wait go on; later ones fail.
   */
  close(): void {
    this.#connection.close();
  }

  readonly #unary: Connection["unary"] = (...args) =>
    this.#connection.unary(...args);

  async *#pages<Page extends { nextPageToken: string }>(
    { pageSize = 0 }: PageOptions,
    fetch: (page: { pageSize: number; pageToken: string }) => Promise<Page>,
  ): AsyncGenerator<Page, void, undefined> {
    let pageToken = "";
    do {
      const page = await fetch({ pageSize, pageToken });
      yield page;
      if (pageToken !== "" && page.nextPageToken === pageToken) {
        throw new GatewayError("INTERNAL", "the gateway repeats a page");
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  }
}

/**
 * A client of the gateway at `address`, "host:port" or "unix:PATH". The
 * connection is made by the first call, and again whenever it was lost.
 * Throws INVALID_ARGUMENT if an option is out of range.
 */
export function connect(
  address = "127.0.0.1:50051",
  options: ConnectOptions = {},
): Client {
  return new Client(new Connection(address, options));
}

function openCommand(options: ListenOptions): ActorCommand_Open {
  const name = toName("name", options.name ?? "");
  return { name, encoding: PayloadEncoding.CBOR };
}

function maxWaitingBytes(options: ListenOptions): number {
  return options.maxWaitingBytes ?? DEFAULT_WAITING_BYTES;
}
