import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, encode, Raw } from "../src/index.js";
import { toPayload } from "../src/payload.js";
import { thrownBy } from "./support/failure.js";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

// RFC 8949, appendix A, but for the last of them.
const BOTH_WAYS: [value: unknown, cbor: string][] = [
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [100, "1864"],
  [1000, "1903e8"],
  [1000000, "1a000f4240"],
  [1000000000000, "1b000000e8d4a51000"],
  [18446744073709551615n, "1bffffffffffffffff"],
  [-1, "20"],
  [-100, "3863"],
  [-1000, "3903e7"],
  [1.1, "fb3ff199999999999a"],
  [-4.1, "fbc010666666666666"],
  [1.0e300, "fb7e37e43c8800759c"],
  [false, "f4"],
  [true, "f5"],
  [null, "f6"],
  [new Uint8Array(), "40"],
  [new Uint8Array([1, 2, 3, 4]), "4401020304"],
  ["", "60"],
  ["IETF", "6449455446"],
  ["\u6c34", "63e6b0b4"],
  ["\ud800\udd51", "64f0908591"],
  [[], "80"],
  [[1, [2, 3], [4, 5]], "8301820203820405"],
  [{}, "a0"],
  [{ a: 1, b: [2, 3] }, "a26161016162820203"],
  [["a", { b: "c" }], "826161a161626163"],
  [
    new Map([
      [1, 2],
      [3, 4],
    ]),
    "a201020304",
  ],
  // Where a head grows, and where a number stops being exact.
  [4294967295, "1affffffff"],
  [4294967296, "1b0000000100000000"],
  [9007199254740991, "1b001fffffffffffff"],
  [9007199254740992n, "1b0020000000000000"],
  [-4294967296, "3affffffff"],
  [-4294967297, "3b0000000100000000"],
  [-9007199254740991, "3b001ffffffffffffe"],
  [-9223372036854775808n, "3b7fffffffffffffff"],
];

for (const [value, cbor] of BOTH_WAYS) {
  test(`${cbor} is written and read`, () => {
    assert.equal(hex(encode(value)), cbor);
    assert.deepEqual(decode(Buffer.from(cbor, "hex")), value);
  });
}

const READ_ONLY: [cbor: string, value: unknown][] = [
  ["1b0000000000000005", 5],
  ["f93e00", 1.5],
  ["fa47c35000", 100000],
  ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
  ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
  [
    "a2616101f402",
    new Map<unknown, unknown>([
      ["a", 1],
      [false, 2],
    ]),
  ],
];

for (const [cbor, value] of READ_ONLY) {
  test(`${cbor} is read`, () => {
    assert.deepEqual(decode(Buffer.from(cbor, "hex")), value);
  });
}

test("a bigint that a number holds is written as that number", () => {
  assert.equal(hex(encode([5n, -5n, 4294967296n])), "8305241b0000000100000000");
});

test("a key named __proto__ is a key", () => {
  const value = decode(Buffer.from("a1695f5f70726f746f5f5f01", "hex"));
  assert.deepEqual(Object.entries(value as object), [["__proto__", 1]]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test("what CBOR has no form for is refused", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const value of [() => 1, Symbol("s"), cycle]) {
    const error = thrownBy(() => encode(value));
    assert.equal(error.code, "INVALID_ARGUMENT");
    assert.equal(error.reason, "PAYLOAD_INVALID");
  }
});

test("what is not one item is refused", () => {
  for (const cbor of ["", "0101", "8201", "7f6161", "ff", "1c", "d81d00"]) {
    const error = thrownBy(() => decode(Buffer.from(cbor, "hex")));
    assert.equal(error.code, "DATA_LOSS", cbor);
    assert.equal(error.reason, "PAYLOAD_INVALID", cbor);
  }
});

test("decoding leaves no mark on the bytes", () => {
  const cbor = new Uint8Array([0x81, 0x01]);
  decode(cbor);
  assert.deepEqual(Reflect.ownKeys(cbor), ["0", "1"]);
});

test("raw CBOR is sent as it is, whatever it is", () => {
  const whole = Buffer.from("00ff0102", "hex");
  assert.equal(
    toPayload(new Raw(whole.subarray(1, 3))).cbor?.toString("hex"),
    "ff01",
  );
});

test("Raw takes nothing but bytes", () => {
  for (const bytes of ["x", undefined, [1], new Uint16Array(1)]) {
    const error = thrownBy(() => new Raw(bytes as unknown as Uint8Array));
    assert.equal(error.reason, "PAYLOAD_INVALID");
  }
});
