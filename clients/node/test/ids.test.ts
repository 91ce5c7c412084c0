import assert from "node:assert/strict";
import { test } from "node:test";

import { type Id, toName, toUint64 } from "../src/ids.js";
import { thrownBy } from "./support/failure.js";

test("ids up to 2^64 - 1 are taken", () => {
  for (const id of [0, 1, 2 ** 53 - 1]) {
    assert.equal(toUint64("id", id), BigInt(id));
  }
  assert.equal(toUint64("id", 2n ** 64n - 1n), 18446744073709551615n);
});

test("what is no exact id is refused, with the field's name", () => {
  const wrong = [-1, 1.5, NaN, 2 ** 53, -1n, 2n ** 64n, "7" as unknown as Id];
  for (const id of wrong) {
    const error = thrownBy(() => toUint64("remoteId", id));
    assert.equal(error.code, "INVALID_ARGUMENT");
    assert.equal(error.reason, "FIELD_INVALID");
    assert.match(error.message, /remoteId/);
  }
});

test("what is no name is refused, with the field's name", () => {
  assert.equal(toName("toName", "echo"), "echo");
  for (const name of [undefined, null, 5, ["echo"]]) {
    const error = thrownBy(() => toName("toName", name as unknown as string));
    assert.equal(error.reason, "FIELD_INVALID");
    assert.match(error.message, /^toName must be a string/);
  }
});
