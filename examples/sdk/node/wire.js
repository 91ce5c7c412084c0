// Bytes: heads and items of CBOR, frames, and the messages in them.
//
// Payloads are walked through and not decoded, so any CBOR will do.

const MAX_DEPTH = 64; // arrays and maps in one another, in a payload
const MAX_ANNOUNCED = 64 * 2 ** 20; // bytes: beyond it a length is not believed

// Major types.
export const UINT = 0;
const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;
const INDEFINITE = 31;
const BREAK = 0xff;

/** An id: a bigint beyond 2^53 - 1. @typedef {number | bigint} Id */

/** A field has a value that breaks its limit. */
export class FieldError extends Error {
  name = "FieldError";

  /**
   * @param {string} field
   * @param {unknown} value
   * @param {string} limit
   */
  constructor(field, value, limit) {
    super(`${field}: ${String(value)}; expected ${limit}`);
    this.field = field;
    this.value = String(value);
    this.limit = limit;
  }
}

/** Nothing that follows on stdin can be trusted: the child ends. */
export class WireError extends FieldError {
  name = "WireError";
}

/** A message that is passed over. */
export class NotUnderstoodError extends FieldError {
  name = "NotUnderstoodError";
}

/**
 * The shortest head of an item.
 * @param {number} major
 * @param {Id} argument
 */
export function head(major, argument) {
  const long = Buffer.alloc(9);
  long.writeBigUInt64BE(BigInt(argument), 1);
  if (argument < 24) return Buffer.from([(major << 5) | Number(argument)]);
  const size = [1, 2, 4].find((bytes) => argument < 2 ** (8 * bytes)) ?? 8;
  long[8 - size] = (major << 5) | (24 + Math.log2(size));
  return long.subarray(8 - size);
}

/** @param {string} value */
export function text(value) {
  const content = Buffer.from(value);
  return Buffer.concat([head(TEXT, content.length), content]);
}

/** Thrown where bytes end too soon: an item is cut short. */
const short = Symbol("cut short");

/**
 * @param {Buffer} data
 * @param {number} at
 * @returns {{ major: number, info: number, argument: Id, end: number }}
 */
function headAt(data, at) {
  const first = data[at];
  if (first === undefined) throw short;
  const [major, info] = [first >> 5, first & 31];
  if (info < 24 || info === INDEFINITE)
    return { major, info, argument: info, end: at + 1 };
  if (info > 27) throw notCbor(data, at, "a reserved head");
  const size = 2 ** (info - 24);
  const end = at + 1 + size;
  if (end > data.length) throw short;
  if (size < 8)
    return { major, info, argument: data.readUIntBE(at + 1, size), end };
  const big = data.readBigUInt64BE(at + 1);
  /** @type {Id} */
  const argument = big <= Number.MAX_SAFE_INTEGER ? Number(big) : big;
  return { major, info, argument, end };
}

/**
 * @param {Buffer} data
 * @param {number} at
 * @param {string} what
 */
function notCbor(data, at, what) {
  const shown = data.toString("hex", at, at + 16);
  const value = `${what} at byte ${at} of ${data.length}, ${shown}`;
  return new WireError("content", value, "one well-formed item");
}

/**
 * Where the item that begins there ends.
 * @param {Buffer} data
 * @param {number} start
 * @returns {number}
 */
function itemEnd(data, start, depth = 0) {
  let { major, info, argument, end } = headAt(data, start);
  while (major === TAG && info !== INDEFINITE)
    ({ major, info, argument, end } = headAt(data, end));
  const nested = major === ARRAY || major === MAP;
  if (nested && depth === MAX_DEPTH)
    throw notCbor(data, start, `deeper than ${MAX_DEPTH}`);
  if (info === INDEFINITE) return indefiniteEnd(data, end, major, depth);
  if (major === BYTES || major === TEXT) {
    if (argument > data.length - end) throw short;
    return end + Number(argument);
  }
  if (major === SIMPLE && info === 24 && argument < 32)
    throw notCbor(data, start, "a simple value in two bytes");
  for (let i = 0; nested && i < argument; ++i) {
    end = itemEnd(data, end, depth + 1);
    if (major === MAP) end = itemEnd(data, end, depth + 1);
  }
  return end;
}

/**
 * @param {Buffer} data
 * @param {number} at
 * @param {number} major
 * @param {number} depth
 */
function indefiniteEnd(data, at, major, depth) {
  if (major < BYTES || major > MAP)
    throw notCbor(data, at - 1, "a break or length out of place");
  while (data[at] !== BREAK) {
    const first = data[at] ?? 0;
    if (major <= TEXT && (first >> 5 !== major || (first & 31) > 27)) {
      if (at >= data.length) throw short;
      throw notCbor(data, at, "no chunk of this string");
    }
    at = itemEnd(data, at, depth + 1);
    if (major === MAP) at = itemEnd(data, at, depth + 1);
  }
  return at + 1;
}

/**
 * The items of the one array that it is; throws a WireError.
 * @param {Buffer} content
 */
function itemsOf(content) {
  const items = [];
  try {
    const { major, info, argument, end: begin } = headAt(content, 0);
    const open = info === INDEFINITE;
    let end = begin;
    while (open ? content[end] !== BREAK : items.length < argument) {
      const next = itemEnd(content, end);
      items.push(content.subarray(end, next));
      end = next;
    }
    if (open) ++end;
    if (major === ARRAY && end === content.length) return items;
    throw notCbor(content, end, "not one array");
  } catch (error) {
    if (error !== short) throw error;
    throw notCbor(content, content.length, "cut short");
  }
}

/**
 * Whether it is exactly one well-formed item.
 * @param {Buffer} data
 */
export function isItem(data) {
  try {
    return itemEnd(data, 0) === data.length;
  } catch {
    return false;
  }
}

/** @param {Buffer} item */
function readText(item) {
  const { major, info, end } = headAt(item, 0);
  if ((major === BYTES || major === TEXT) && info !== INDEFINITE)
    return item.toString("utf8", end);
}

/** A number, or [tag, number]. @param {Buffer} item */
function readId(item) {
  const tagged = item[0] === 0x82 && (item[1] === 0x44 || item[1] === 0x64);
  const tag = item.toString("latin1", 2, 6);
  const at = tagged && (tag === "LPID" || tag === "RPID") ? 6 : 0;
  const { major, argument } = headAt(item, at);
  if (major === UINT) return argument;
}

/**
 * Those of these fields that the verb has.
 * @typedef {{ verb: string, from?: Id, to?: Id, text?: string,
 *   payload?: Buffer }} Wire
 */

const READ = {
  from: readId,
  to: readId,
  text: readText,
  payload: (/** @type {Buffer} */ item) => item,
};

/** @type {Record<string, ("from" | "to" | "text" | "payload")[]>} */
const FIELDS = {
  send: ["from", "to", "payload"],
  send_named: ["from", "text", "payload"],
  link: ["from", "to"],
  exit: ["from", "text"],
  transport_error: ["text"],
};

/**
 * Throws a WireError if it is not exactly one array, and a NotUnderstoodError if
 * it is none of the messages that there are.
 * @param {Buffer} content
 * @returns {Wire}
 */
export function parse(content) {
  const [first, ...items] = itemsOf(content);
  const verb = (first && readText(first)) ?? "";
  const fields = Object.hasOwn(FIELDS, verb) ? FIELDS[verb] : undefined;
  if (!fields) {
    const limit = `one of ${Object.keys(FIELDS).join(", ")}`;
    throw new NotUnderstoodError("verb", JSON.stringify(verb), limit);
  }
  if (items.length !== fields.length) {
    const limit = `${fields.length + 1} elements`;
    throw new NotUnderstoodError(verb, `${items.length + 1} elements`, limit);
  }
  /** @type {Wire} */
  const message = { verb };
  items.forEach((item, i) => {
    const field = fields[i] ?? "payload";
    const value = READ[field](item);
    if (value === undefined) {
      const limit = field === "text" ? "a string" : "an id";
      const shown = item.toString("hex", 0, 16);
      throw new NotUnderstoodError(`${verb}, element ${i + 1}`, shown, limit);
    }
    Object.assign(message, { [field]: value });
  });
  return message;
}

/**
 * Cuts a stream, in pieces of any size, into the contents of frames. It holds one
 * frame at most, and what was fed to it last. A frame over the limit is passed
 * over without being kept, and told on stderr.
 */
export class FrameReader {
  /** @type {Buffer[]} */
  #pieces = [];
  #size = 0; // of all pieces
  #need = 1; // bytes, before there is something new to look at
  #skip = 0; // bytes of a frame over the limit that are to come
  #maxBytes;

  /** @param {number} maxBytes */
  constructor(maxBytes) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes of an unfinished frame it holds. */
  get held() {
    return this.#size;
  }

  /**
   * The contents that are complete now; throws a WireError.
   * @param {Buffer} data
   */
  *feed(data) {
    this.#pieces.push(data);
    this.#size += data.length;
    if (this.#size < this.#need) return;
    const all = Buffer.concat(this.#pieces);
    let at = 0;
    for (;;) {
      const step = Math.min(this.#skip, all.length - at);
      this.#skip -= step;
      at += step;
      const { begin, end } = this.#next(all.subarray(at));
      this.#need = end;
      if (this.#skip && at < all.length) continue; // over it
      if (at + end > all.length) break;
      yield all.subarray(at + begin, at + end);
      at += end;
    }
    this.#pieces = [all.subarray(at)];
    this.#size = all.length - at;
  }

  /** To be called at the end of the stream; throws a WireError. */
  finish() {
    if (this.#size === 0 && this.#skip === 0) return;
    const value = `${this.#size} bytes of the last one`;
    throw new WireError("frame", value, "all of it before stdin ends");
  }

  /**
   * Where the next frame has its content, as far as it can be told; one byte
   * beyond what is there: it can't.
   * @param {Buffer} rest
   */
  #next(rest) {
    const unknown = { begin: 0, end: rest.length + 1 };
    const first = rest[0];
    if (first === undefined || this.#skip) return unknown;
    if ((first >> 5 !== BYTES && first >> 5 !== TEXT) || (first & 31) > 27)
      throw strange("frame head", rest, "a string with a length");
    const size = (first & 31) < 24 ? 0 : 2 ** ((first & 31) - 24);
    if (rest.length < 1 + size) return unknown;
    const { argument, end: begin } = headAt(rest, 0);
    if (argument > MAX_ANNOUNCED) {
      const limit = `at most ${MAX_ANNOUNCED}`;
      throw new WireError("frame", `${argument} bytes`, limit);
    }
    const start = rest[begin] ?? -1;
    if (argument === 0 || (start >= 0 && start >> 5 !== ARRAY))
      throw strange("content", rest.subarray(begin), "an array");
    if (start < 0) return unknown;
    const end = begin + Number(argument);
    if (argument > this.#maxBytes) {
      console.error(
        `passed over: frame: ${argument} bytes; expected at most ${this.#maxBytes}`,
      );
      this.#skip = end;
    }
    return { begin, end };
  }
}

/**
 * @param {string} field
 * @param {Buffer} data
 * @param {string} limit
 */
function strange(field, data, limit) {
  const start = data.subarray(0, 64);
  const value = `${start.toString("hex")} (${JSON.stringify(start.toString())})`;
  return new WireError(field, value, limit);
}
