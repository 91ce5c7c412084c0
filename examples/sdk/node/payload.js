// Payloads: plain values on this side, CBOR on the other.
import { Decoder, Encoder } from "cbor-x";

import { FieldError, isItem } from "./wire.js";

const options = {
  useRecords: false,
  variableMapSize: true,
  tagUint8Array: false,
  useTag259ForMaps: false, // not among cbor-x's types, but documented
};
const encoder = new Encoder(options);
const decoder = new Decoder({ useRecords: false });

/** One item of CBOR, which is sent as it is, byte for byte. */
export class Payload {
  /**
   * Throws a FieldError if it is not exactly one well-formed item.
   * @param {Uint8Array} cbor
   */
  constructor(cbor) {
    this.cbor = Buffer.from(cbor.buffer, cbor.byteOffset, cbor.byteLength);
    if (isItem(this.cbor)) return;
    const shown = this.cbor.toString("hex", 0, 16);
    throw new FieldError("payload", shown, "one CBOR item");
  }

  /**
   * Throws a FieldError for what CBOR has no form for.
   * @param {unknown} value
   */
  static of(value) {
    if (value instanceof Payload) return value;
    try {
      return new Payload(encoder.encode(exact(value)));
    } catch (error) {
      const limit = `what cbor-x can encode (${String(error)})`;
      throw new FieldError("payload", typeof value, limit);
    }
  }

  /**
   * What it stands for; throws a FieldError if cbor-x can't tell. Integers
   * beyond 2^53 - 1 are bigints.
   * @returns {unknown}
   */
  value() {
    try {
      return decoder.decode(this.cbor);
    } catch {
      const shown = this.cbor.toString("hex", 0, 16);
      throw new FieldError("payload", shown, "what cbor-x can decode");
    }
  }
}

/**
 * cbor-x would write an integer beyond 32 bits as a float.
 * @param {unknown} value
 * @returns {unknown}
 */
function exact(value) {
  if (typeof value === "number")
    return Number.isInteger(value) && (value >= 2 ** 32 || value < -(2 ** 32))
      ? BigInt(value)
      : value;
  if (Array.isArray(value)) return value.map(exact);
  if (value?.constructor !== Object) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, exact(each)]),
  );
}
