import assert from "node:assert/strict";
import { test } from "node:test";

import { joinFragments } from "../src/cbor-fragments.js";
import { decode } from "../src/index.js";
import { thrownBy } from "./support/failure.js";

const CASES: [name: string, cbor: string, value: unknown][] = [
  ["text (RFC 8949)", "7f657374726561646d696e67ff", "streaming"],
  ["bytes (RFC 8949)", "5f42010243030405ff", new Uint8Array([1, 2, 3, 4, 5])],
  ["none at all", "7fff", ""],
  ["one that is empty", "7f60ff", ""],
  ["heads of two bytes", "7f7801617801" + "62ff", "ab"],
  ["twice, nested", "827f6161ffa161627f6163ff", ["a", { b: "c" }]],
  [
    "within indefinite arrays",
    "9f7f6161ff9f5f4101ffffff",
    ["a", [new Uint8Array([1])]],
  ],
  ["as a key", "a17f6161ff01", { a: 1 }],
  [
    "contents that look like heads",
    "82625f5f427f5f",
    ["__", new Uint8Array([0x7f, 0x5f])],
  ],
  [
    "after a float that looks like heads",
    "82fb405f7f000000000060",
    [125.984375, ""],
  ],
];

for (const [name, cbor, value] of CASES) {
  test(`joined: ${name}`, () => {
    assert.deepEqual(decode(Buffer.from(cbor, "hex")), value);
  });

  test(`cut off: ${name}`, () => {
    const bytes = Buffer.from(cbor, "hex");
    for (let length = 0; length < bytes.length; ++length) {
      const error = thrownBy(() => decode(bytes.subarray(0, length)));
      assert.equal(error.reason, "PAYLOAD_INVALID", `${length} bytes`);
    }
  });
}

test("what has nothing to join is left alone", () => {
  const bytes = Buffer.from("82625f5f427f5f", "hex");
  assert.equal(joinFragments(bytes), bytes);
});

test("a fragment of another kind, or in fragments itself, is refused", () => {
  for (const cbor of ["7f4161ff", "5f6161ff", "7f7f6161ffff", "7f01ff"]) {
    const error = thrownBy(() => decode(Buffer.from(cbor, "hex")));
    assert.equal(error.reason, "PAYLOAD_INVALID", cbor);
  }
});
