/**
 * The shortest head of an item.
 * @param {number} major
 * @param {Id} argument
 */
export function head(major: number, argument: Id): Buffer<ArrayBuffer>;
/** @param {string} value */
export function text(value: string): Buffer<ArrayBuffer>;
/**
 * Whether it is exactly one well-formed item.
 * @param {Buffer} data
 */
export function isItem(data: Buffer): boolean;
/**
 * Throws a WireError if it is not exactly one array, and a NotUnderstoodError if
 * it is none of the messages that there are.
 * @param {Buffer} content
 * @returns {Wire}
 */
export function parse(content: Buffer): Wire;
export const UINT: 0;
export const TEXT: 3;
export const ARRAY: 4;
/** An id: a bigint beyond 2^53 - 1. @typedef {number | bigint} Id */
/** A field has a value that breaks its limit. */
export class FieldError extends Error {
    /**
     * @param {string} field
     * @param {unknown} value
     * @param {string} limit
     */
    constructor(field: string, value: unknown, limit: string);
    field: string;
    value: string;
    limit: string;
}
/** Nothing that follows on stdin can be trusted: the child ends. */
export class WireError extends FieldError {
}
/** A message that is passed over. */
export class NotUnderstoodError extends FieldError {
}
/**
 * Cuts a stream, in pieces of any size, into the contents of frames. It holds one
 * frame at most, and what was fed to it last. A frame over the limit is passed
 * over without being kept, and told on stderr.
 */
export class FrameReader {
    /** @param {number} maxBytes */
    constructor(maxBytes: number);
    /** How many bytes of an unfinished frame it holds. */
    get held(): number;
    /**
     * The contents that are complete now; throws a WireError.
     * @param {Buffer} data
     */
    feed(data: Buffer): Generator<Buffer<ArrayBuffer>, void, unknown>;
    /** To be called at the end of the stream; throws a WireError. */
    finish(): void;
    #private;
}
/**
 * An id: a bigint beyond 2^53 - 1.
 */
export type Id = number | bigint;
/**
 * Those of these fields that the verb has.
 */
export type Wire = {
    verb: string;
    from?: Id;
    to?: Id;
    text?: string;
    payload?: Buffer;
};
