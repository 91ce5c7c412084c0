import assert from "node:assert/strict";
import { test } from "node:test";

import { match, Mismatch } from "../conformance/matching.js";
import type { Json, Scope } from "../conformance/values.js";

function scope(): Scope {
  return { saved: new Map([["x", 7n]]), index: 3 };
}

const MATCHES: [expected: Json, seen: unknown][] = [
  [1, 1n],
  [1.5, 1.5],
  [null, null],
  [
    [1, ["a"]],
    [1n, ["a"]],
  ],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ $any: true }, undefined],
  [{ $var: "x" }, 7],
  [{ $index: true }, 3],
  [{ $int: "18446744073709551615" }, 18446744073709551615n],
  [{ $bytes: "00ff" }, new Uint8Array([0, 255])],
  [{ $text: ["ab", 2] }, "abab"],
  [{ $contains: "b" }, "abc"],
  [{ $length: 2 }, [1, 2]],
  [{ $above: 6 }, 7n],
  [{ $above: { $var: "x" } }, 8],
];

const MISMATCHES: [expected: Json, seen: unknown][] = [
  [1, 2n],
  [1, "1"],
  [null, undefined],
  [[1], [1, 2]],
  [
    [1, 2],
    [2, 1],
  ],
  [{ a: 1 }, { b: 1 }],
  [{ a: 1 }, null],
  [{ a: 1 }, [1]],
  [{ $var: "x" }, 8],
  [{ $int: "9007199254740993" }, 9007199254740992n],
  [{ $bytes: "00ff" }, new Uint8Array([0])],
  [{ $text: ["ab", 2] }, "ab"],
  [{ $contains: "d" }, "abc"],
  [{ $length: 2 }, [1]],
  [{ $above: 7 }, 7],
];

for (const [expected, seen] of MATCHES) {
  test(`${JSON.stringify(expected)} matches`, () => {
    match(expected, seen, scope());
  });
}

for (const [expected, seen] of MISMATCHES) {
  test(`${JSON.stringify(expected)} does not match ${String(seen)}`, () => {
    assert.throws(() => {
      match(expected, seen, scope());
    }, Mismatch);
  });
}

test("what is to be saved is saved", () => {
  const { saved, index } = scope();
  match([{ $save: "y" }, { $var: "y" }], [5n, 5], { saved, index });
  assert.equal(saved.get("y"), 5n);
});
