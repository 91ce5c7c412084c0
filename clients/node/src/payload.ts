/**
 * Plain values as CBOR, and back.
 *
 *   null, booleans, strings        themselves
 *   number, bigint                 an integer is written as one, whatever its
 *                                  type; read as a number up to 2^53 - 1, as a
 *                                  bigint beyond
 *   a number that is no integer    a float of 64 bits
 *   Uint8Array                     a byte string
 *   Array                          an array
 *   plain object, Map              a map; read as an object if all of its keys
 *                                  are strings, as a Map otherwise
 *
 * cbor-x does the work, but for three things: it writes integers beyond 32
 * bits as floats, reads every integer of 64 bits as a bigint, and does not
 * read strings of indefinite length.
 */
import { isUint8Array } from "node:util/types";

import { Decoder, Encoder } from "cbor-x";

import { joinFragments } from "./cbor-fragments.js";
import { GatewayError } from "./error.js";
import type { Payload } from "./gen/thespian/gateway/v1/gateway.js";

const MAX_HEAD_32 = 2 ** 32 - 1;

const encoder = new Encoder({
  useRecords: false,
  variableMapSize: true,
  tagUint8Array: false,
  // Not among cbor-x's types, but documented.
  ...{ useTag259ForMaps: false },
});
const decoder = new Decoder({ useRecords: false, mapsAsObjects: false });

/**
 * A payload that is CBOR already, to be sent byte for byte. Throws
 * INVALID_ARGUMENT (PAYLOAD_INVALID) for what is no Uint8Array.
 */
export class Raw {
  constructor(readonly bytes: Uint8Array) {
    if (isUint8Array(bytes)) return;
    throw new GatewayError(
      "INVALID_ARGUMENT",
      `Raw takes a Uint8Array, not ${typeof bytes}`,
      { reason: "PAYLOAD_INVALID" },
    );
  }
}

/**
 * Throws INVALID_ARGUMENT (PAYLOAD_INVALID) for what CBOR has no form for:
 * functions, symbols, cycles.
 */
export function encode(value: unknown): Uint8Array {
  try {
    return encoder.encode(toCborX(value));
  } catch (error) {
    throw new GatewayError(
      "INVALID_ARGUMENT",
      `the payload can't be written as CBOR: ${String(error)}`,
      { reason: "PAYLOAD_INVALID", cause: error },
    );
  }
}

/** Throws DATA_LOSS (PAYLOAD_INVALID) if `cbor` is not one item. */
export function decode(cbor: Uint8Array): unknown {
  try {
    return fromCborX(decoder.decode(plainView(joinFragments(cbor))));
  } catch (error) {
    throw new GatewayError(
      "DATA_LOSS",
      `the payload can't be read: ${String(error)}`,
      { reason: "PAYLOAD_INVALID", cause: error },
    );
  }
}

export function toPayload(value: unknown): Payload {
  const bytes = value instanceof Raw ? value.bytes : encode(value);
  return {
    cbor: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  };
}

/**
 * For cbor-x, which leaves a mark on the array that it is given, and cuts byte
 * strings out of a Buffer as Buffers.
 */
function plainView(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toCborX(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) && !fits32(value)
        ? BigInt(value)
        : value;
    case "bigint":
      return fits32(value) ? Number(value) : value;
    case "object":
      return containerToCborX(value);
    default:
      return value;
  }
}

function fits32(value: number | bigint): boolean {
  return value <= MAX_HEAD_32 && value >= -MAX_HEAD_32 - 1;
}

function containerToCborX(value: object | null): unknown {
  if (Array.isArray(value)) return value.map(toCborX);
  if (value instanceof Map) {
    return new Map([...value].map(([k, v]) => [toCborX(k), toCborX(v)]));
  }
  if (value === null || !isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, toCborX(each)]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function fromCborX(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(fromCborX);
  if (!(value instanceof Map)) return value;
  const entries = [...value].map(
    ([key, each]) => [fromCborX(key), fromCborX(each)] as const,
  );
  return entries.every(([key]) => typeof key === "string")
    ? Object.fromEntries(entries)
    : new Map(entries);
}
