import { GatewayError } from "./error.js";

/**
 * An id, an incarnation or a sequence on its way to the gateway: 0 to
 * 2^64 - 1. What comes from the gateway is always a bigint. A number must be
 * exact, that is, at most 2^53 - 1.
 */
export type Id = bigint | number;

const END = 2n ** 64n;

/** Throws INVALID_ARGUMENT (FIELD_INVALID) for what is no string. */
export function toName(field: string, value: string): string {
  if (typeof value === "string") return value;
  throw new GatewayError(
    "INVALID_ARGUMENT",
    `${field} must be a string, not ${String(value)}`,
    { reason: "FIELD_INVALID" },
  );
}

/** Throws INVALID_ARGUMENT (FIELD_INVALID) for what is no such number. */
export function toUint64(field: string, value: Id): bigint {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) {
    const id = BigInt(value);
    if (id >= 0n && id < END) return id;
  }
  throw new GatewayError(
    "INVALID_ARGUMENT",
    `${field} must be an integer from 0 to 2^64 - 1, not ${String(value)}` +
      (typeof value === "number" ? " (beyond 2^53 - 1 only as a bigint)" : ""),
    { reason: "FIELD_INVALID" },
  );
}
