import {
  Client as Channel,
  type ClientDuplexStream,
  type ClientReadableStream,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";

import type { Speaker } from "./actor.js";
import { Backoff, type BackoffOptions } from "./backoff.js";
import { AbortError, fromGrpc, GatewayError } from "./error.js";
import {
  addAll,
  addEndpoint,
  addSpeaker,
  type MetadataInit,
} from "./metadata.js";
import { type TlsOptions, toCredentials } from "./tls.js";

/** 30 years. gRPC has no words for much more, and ends the process. */
const MAX_DEADLINE_MS = 1e12;

/** Without tls, ca and cert it is neither encrypted nor authenticated. */
export interface ConnectOptions extends TlsOptions {
  /** Of each call that waits for its answer, in ms. Default: 30,000. */
  deadlineMs?: number;
  /**
   * A silent connection is probed after this, in ms. The gateway allows a
   * probe every 9 s. Default: 30,000.
   */
  keepaliveTimeMs?: number;
  /** And given up if no answer comes within this, in ms. Default: 10,000. */
  keepaliveTimeoutMs?: number;
  /** How long a watch pauses before it connects again. */
  backoff?: BackoffOptions;
  /** The largest response that is taken. Default: 64 MiB. */
  maxResponseBytes?: number;
  /** Of every RPC, such as { authorization: "Bearer ..." }. */
  metadata?: MetadataInit;
}

/** Of one call. */
export interface CallOptions {
  /** In ms; the connection's if it is left out. */
  deadlineMs?: number;
  /** Ends the call with an AbortError, whose code is CANCELLED. */
  signal?: AbortSignal;
  /** Of this call, besides the connection's. */
  metadata?: MetadataInit;
}

/** What ts-proto says of a method. */
export interface Method<Request, Response> {
  path: string;
  requestSerialize: (request: Request) => Buffer;
  responseDeserialize: (bytes: Buffer) => Response;
}

/** What ends with its connection. */
export interface Cancellable {
  cancel(): void;
}

/**
 * One channel to a gateway, connected by the first call and again whenever it
 * was lost.
 *
 * Ownership: owns the channel; cancels what it was told to hold.
 * Errors: GatewayError. INVALID_ARGUMENT from the constructor if an option is
 *   out of range; FAILED_PRECONDITION after `close`.
 */
export class Connection {
  readonly deadlineMs: number;
  readonly backoff: Backoff;
  readonly #channel: Channel;
  readonly #metadata = new Metadata();
  readonly #held = new Set<Cancellable>();
  #closed = false;

  constructor(address: string, options: ConnectOptions) {
    if (address === "") {
      throw invalid("the address is empty; it must be host:port or unix:PATH");
    }
    this.deadlineMs = positive("deadlineMs", options.deadlineMs ?? 30_000);
    this.backoff = new Backoff(options.backoff ?? {});
    addAll(this.#metadata, options.metadata);
    this.#channel = new Channel(
      address,
      toCredentials(options),
      channelArguments(options),
    );
  }

  async unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions,
    from?: Speaker,
  ): Promise<Response> {
    this.#checkOpen();
    const { signal } = options;
    const deadlineMs = positive(
      "deadlineMs",
      options.deadlineMs ?? this.deadlineMs,
    );
    const metadata = this.#metadataOf(request, options.metadata, from);
    return new Promise((resolve, reject) => {
      const onAnswer = (error: ServiceError | null, response?: Response) => {
        signal?.removeEventListener("abort", cancel);
        if (response !== undefined) resolve(response);
        else if (signal?.aborted) reject(new AbortError(signal.reason));
        else reject(fromGrpc(error));
      };
      const call = this.#channel.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + Math.min(deadlineMs, MAX_DEADLINE_MS) },
        onAnswer,
      );
      const cancel = () => {
        call.cancel();
      };
      signal?.addEventListener("abort", cancel);
      if (signal?.aborted) cancel();
    });
  }

  serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    metadata?: MetadataInit,
  ): ClientReadableStream<Response> {
    this.#checkOpen();
    return tolerant(
      this.#channel.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.#metadataOf(request, metadata),
      ),
    );
  }

  bidiStream<Request, Response>(
    method: Method<Request, Response>,
    metadata?: MetadataInit,
  ): ClientDuplexStream<Request, Response> {
    this.#checkOpen();
    return tolerant(
      this.#channel.makeBidiStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        this.#metadataOf({}, metadata),
      ),
    );
  }

  #metadataOf(
    request: unknown,
    init: MetadataInit | undefined,
    from?: Speaker,
  ): Metadata {
    const metadata = this.#metadata.clone();
    addAll(metadata, init);
    addEndpoint(metadata, request);
    addSpeaker(metadata, from);
    return metadata;
  }

  /** `close` will cancel it, unless what is returned was called before. */
  hold(owner: Cancellable): () => void {
    this.#held.add(owner);
    return () => this.#held.delete(owner);
  }

  /** Cancels what is held, and takes no more calls. */
  close(): void {
    this.#closed = true;
    for (const owner of this.#held) owner.cancel();
    this.#channel.close();
  }

  #checkOpen(): void {
    if (!this.#closed) return;
    throw new GatewayError("FAILED_PRECONDITION", "the client is closed");
  }
}

/**
 * Whoever reads a stream is told its error. When nobody does any more, an
 * error without a listener would end the process.
 */
function tolerant<Stream extends ClientReadableStream<unknown>>(
  stream: Stream,
): Stream {
  stream.on("error", () => undefined);
  return stream;
}

function channelArguments(options: ConnectOptions) {
  return {
    "grpc.keepalive_time_ms": positive(
      "keepaliveTimeMs",
      options.keepaliveTimeMs ?? 30_000,
    ),
    "grpc.keepalive_timeout_ms": positive(
      "keepaliveTimeoutMs",
      options.keepaliveTimeoutMs ?? 10_000,
    ),
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.max_receive_message_length": positive(
      "maxResponseBytes",
      options.maxResponseBytes ?? 64 << 20,
    ),
    "grpc.max_send_message_length": -1,
    "grpc.enable_http_proxy": 0,
    // A connection of our own, which `close` closes.
    "grpc.use_local_subchannel_pool": 1,
    ...(options.serverName === undefined
      ? {}
      : {
          "grpc.ssl_target_name_override": options.serverName,
          "grpc.default_authority": options.serverName,
        }),
    // The gateway is one process, often just being started again.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
  };
}

function positive(option: string, value: number): number {
  if (value >= 1) return value;
  throw invalid(`${option} must be at least 1, not ${value}`);
}

function invalid(message: string): GatewayError {
  return new GatewayError("INVALID_ARGUMENT", message);
}
