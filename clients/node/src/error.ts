import { Metadata, status } from "@grpc/grpc-js";

import {
  BadRequest,
  ErrorInfo,
  RetryInfo,
} from "./gen/google/rpc/error_details.js";
import { Status } from "./gen/google/rpc/status.js";

/** The canonical codes, by name: "NOT_FOUND", "UNAVAILABLE" and so on. */
export type Code = keyof typeof status;

export interface ErrorDetails {
  reason?: string;
  metadata?: Record<string, string>;
  violations?: Record<string, string>;
  retryDelayMs?: number | undefined;
  cause?: unknown;
}

const TYPE_URL = "type.googleapis.com/google.rpc.";
const DETAILS_KEY = "grpc-status-details-bin";

/**
 * What the gateway refused, what became of the connection, or what this
 * library refused itself: every error that it throws. The message is the
 * gateway's.
 */
export class GatewayError extends Error {
  override readonly name: string = "GatewayError";

  /**
   * DEADLINE_EXCEEDED: the call's deadline passed. UNAVAILABLE: the gateway
   * could not be reached, or its child is down.
   */
  readonly code: Code;

  /**
   * ErrorInfo's reason, such as "ACTOR_UNKNOWN"; the .proto lists them. Empty
   * if the error has none, as when the gateway could not be reached.
   */
  readonly reason: string;

  /** ErrorInfo's metadata. */
  readonly metadata: Readonly<Record<string, string>>;

  /** BadRequest: what is wrong with which field. */
  readonly violations: Readonly<Record<string, string>>;

  /**
   * After how many ms the same may be tried again (RetryInfo). Undefined: the
   * gateway does not say that it may.
   */
  readonly retryDelayMs: number | undefined;

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : {});
    this.code = code;
    this.reason = details.reason ?? "";
    this.metadata = details.metadata ?? {};
    this.violations = details.violations ?? {};
    this.retryDelayMs = details.retryDelayMs;
  }

  /** Whether the gateway says that the same may be tried again. */
  get retryable(): boolean {
    return this.retryDelayMs !== undefined;
  }

  /** "GatewayError: ACTOR_UNKNOWN: ...", with the code if there is no reason. */
  override toString(): string {
    return `${this.name}: ${this.reason || this.code}: ${this.message}`;
  }
}

/** The call's AbortSignal was aborted; its reason is the `cause`. */
export class AbortError extends GatewayError {
  override readonly name = "AbortError";

  /** @internal */
  constructor(cause: unknown) {
    super("CANCELLED", "the call was aborted", { cause });
  }
}

/** What a gRPC call ended with. Anything that is no gRPC status is INTERNAL. */
export function fromGrpc(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (!isStatus(error)) {
    return new GatewayError("INTERNAL", String(error), { cause: error });
  }
  return new GatewayError(codeOf(error.code), error.details, {
    ...detailsOf(richStatus(error.metadata)),
    cause: error,
  });
}

/** Of a command within a stream (ActorEvent.CommandResult). */
export function fromStatus(rich: Status): GatewayError {
  return new GatewayError(codeOf(rich.code), rich.message, detailsOf(rich));
}

interface GrpcStatus {
  code: number;
  details: string;
  metadata: Metadata;
}

/** False for a mistake of our own, say. */
export function isStatus(error: unknown): error is GrpcStatus {
  if (typeof error !== "object" || error === null) return false;
  const { code, details, metadata } = error as Partial<GrpcStatus>;
  return (
    typeof code === "number" &&
    typeof details === "string" &&
    metadata instanceof Metadata
  );
}

function codeOf(code: number): Code {
  return code in status ? (status[code] as Code) : "UNKNOWN";
}

/** Details that can't be read are none. */
function richStatus(metadata: Metadata): Status | undefined {
  const bytes = metadata.get(DETAILS_KEY)[0];
  return Buffer.isBuffer(bytes) ? read(Status, bytes) : undefined;
}

function detailsOf(rich: Status | undefined): ErrorDetails {
  const info = find(rich, ErrorInfo, "ErrorInfo");
  const bad = find(rich, BadRequest, "BadRequest");
  const delay = find(rich, RetryInfo, "RetryInfo")?.retryDelay;
  return {
    reason: info?.reason ?? "",
    metadata: info?.metadata ?? {},
    violations: Object.fromEntries(
      (bad?.fieldViolations ?? []).map((each) => [
        each.field,
        each.description,
      ]),
    ),
    retryDelayMs: delay && Number(delay.seconds) * 1000 + delay.nanos / 1e6,
  };
}

interface Decoder<T> {
  decode(bytes: Uint8Array): T;
}

function find<T>(
  rich: Status | undefined,
  type: Decoder<T>,
  name: string,
): T | undefined {
  const any = rich?.details.find((each) => each.typeUrl === TYPE_URL + name);
  return any && read(type, any.value);
}

function read<T>(type: Decoder<T>, bytes: Uint8Array): T | undefined {
  try {
    return type.decode(bytes);
  } catch {
    return undefined;
  }
}
