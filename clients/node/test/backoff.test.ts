import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../src/backoff.js";
import { thrownBy } from "./support/failure.js";

const options = { initialMs: 100, longestMs: 1000, multiplier: 2, jitter: 0.2 };

test("pauses grow to the longest and stay there", () => {
  const backoff = new Backoff(options, () => 0.5);
  const pauses = [0, 1, 2, 3, 4, 10_000].map((tries) => backoff.pause(tries));
  assert.deepEqual(pauses, [100, 200, 400, 800, 1000, 1000]);
});

test("jitter takes or adds up to its share", () => {
  assert.equal(new Backoff(options, () => 0).pause(1), 160);
  assert.equal(new Backoff(options, () => 1).pause(1), 240);
});

test("a pause is never so long that Node would not wait at all", () => {
  const endless = { initialMs: Infinity, longestMs: Infinity };
  assert.equal(new Backoff(endless, () => 1).pause(0), 2 ** 31 - 1);
});

test("options that make no sense are refused", () => {
  const wrong = [
    { initialMs: 0 },
    { initialMs: 200, longestMs: 100 },
    { multiplier: 0.5 },
    { jitter: 1.5 },
    { jitter: NaN },
  ];
  for (const each of wrong) {
    const error = thrownBy(() => new Backoff(each));
    assert.equal(error.code, "INVALID_ARGUMENT");
  }
});
