/** One item of CBOR, which is sent as it is, byte for byte. */
export class Payload {
    /**
     * Throws a FieldError for what CBOR has no form for.
     * @param {unknown} value
     */
    static of(value: unknown): Payload;
    /**
     * Throws a FieldError if it is not exactly one well-formed item.
     * @param {Uint8Array} cbor
     */
    constructor(cbor: Uint8Array);
    cbor: Buffer<ArrayBufferLike>;
    /**
     * What it stands for; throws a FieldError if cbor-x can't tell. Integers
     * beyond 2^53 - 1 are bigints.
     * @returns {unknown}
     */
    value(): unknown;
}
