// Frames, messages and items, on the protocol's recorded vectors.
import assert from "node:assert/strict";
import { test } from "node:test";

import { FieldError, Payload, WireError } from "../child.js";
import { FrameReader, NotUnderstoodError, parse } from "../wire.js";
import { recorded } from "./talk.js";

const vectors = recorded("vectors.json");
const MAX = 4 * 2 ** 20;

/** What comes of a stream in pieces; null is what was not understood. */
function read(stream, step, limit = MAX) {
  const reader = new FrameReader(limit);
  const messages = [];
  let end = "open";
  try {
    for (let at = 0; at < stream.length; at += step)
      for (const content of reader.feed(stream.subarray(at, at + step)))
        messages.push(understood(content));
    end = reader.held ? "truncated" : "open";
    reader.finish();
  } catch (error) {
    assert.ok(error instanceof WireError, error);
    if (end === "open") end = "fatal";
  }
  return { messages, end, left: reader.held };
}

function understood(content) {
  try {
    return parse(content);
  } catch (error) {
    if (error instanceof NotUnderstoodError) return null;
    throw error;
  }
}

/** The lines that are written to stderr meanwhile. */
function noted(call) {
  const lines = [];
  const { error } = console;
  console.error = (line) => lines.push(line);
  try {
    call();
  } finally {
    console.error = error;
  }
  return lines;
}

function id(decimal) {
  const number = Number(decimal);
  return Number.isSafeInteger(number) ? number : BigInt(decimal);
}

/** A message of the vectors as `parse` has it. */
function expected({ kind, from, local, to, remote, name, reason, ...rest }) {
  const message = { verb: kind };
  if (from ?? local) message.from = id(from ?? local);
  if (to ?? remote) message.to = id(to ?? remote);
  if ((name ?? reason) !== undefined) message.text = name ?? reason;
  if ("payload_hex" in rest)
    message.payload = Buffer.from(rest.payload_hex, "hex");
  return message;
}

test("a frame is read, or passed over, or fatal", () => {
  assert.ok(vectors.frames.length >= 60);
  for (const { name, hex, verdict, message } of vectors.frames) {
    const stream = Buffer.from(hex, "hex");
    for (let step = 1; step <= stream.length; ++step) {
      const { messages, end } = read(stream, step);
      const note = `${name}, in pieces of ${step}`;
      if (verdict === "fatal") {
        assert.notEqual(end, "open", note);
        continue;
      }
      const wanted = verdict === "skipped" ? null : expected(message);
      assert.deepEqual(messages, [wanted], note);
      assert.equal(end, "open", note);
    }
  }
});

test("a stream is the same in every cut", () => {
  assert.ok(vectors.streams.length >= 6);
  for (const row of vectors.streams) {
    const stream = Buffer.from(row.hex, "hex");
    for (let step = 1; step <= stream.length; ++step) {
      let got;
      const lines = noted(() => (got = read(stream, step, row.limit)));
      const messages = got.messages.filter((message) => message !== null);
      const skipped = got.messages.length - messages.length + lines.length;
      const note = `${row.name}, in pieces of ${step}`;
      assert.equal(messages.length, row.messages, note);
      assert.equal(skipped, row.skipped ?? 0, note);
      assert.equal(got.end, row.then, note);
      if (row.left) assert.equal(got.left, row.left, note);
    }
  }
});

test("a payload is exactly one item", () => {
  assert.ok(vectors.payloads.length >= 40);
  for (const { name, hex, cbor } of vectors.payloads) {
    const bytes = Buffer.from(hex, "hex");
    if (cbor) assert.deepEqual(new Payload(bytes).cbor, bytes, name);
    else assert.throws(() => new Payload(bytes), FieldError, name);
  }
});

test("a fault names its field, value and limit", () => {
  for (const [hex, field, value, limit] of [
    ["68656c6c6f0a", "content", '656c6c6f0a ("ello\\n")', "an array"],
    ["846473656e64", "frame head", "846473656e64", "a string with a length"],
    ["5a04000001", "frame", "67108865 bytes", "at most 67108864"],
    ["5a00000000", "content", ' ("")', "an array"],
    ["5a000000028080", "content", "not one array at byte 1", "one well-"],
    ["5a0000000281", "frame", "6 bytes of the last one", "all of it before"],
    ["5a000000028218", "content", "cut short at byte 2", "one well-"],
    ["5a00000002811c", "content", "a reserved head at byte 1", "one well-"],
  ]) {
    const reader = new FrameReader(MAX);
    assert.throws(
      () => {
        for (const content of reader.feed(Buffer.from(hex, "hex")))
          parse(content);
        reader.finish();
      },
      (error) =>
        error instanceof WireError &&
        error.field === field &&
        error.value.startsWith(value) &&
        error.limit.startsWith(limit) &&
        error.message === `${field}: ${error.value}; expected ${error.limit}`,
      hex,
    );
  }
});

test("what is passed over says why", () => {
  for (const [hex, message] of [
    ["826573687275670a", 'verb: "shrug"; expected one of send,'],
    ["836473656e640107", "send: 3 elements; expected 4 elements"],
    ["846473656e64200780", "send, element 1: 20; expected an id"],
    ["8364657869740107", "exit, element 2: 07; expected a string"],
  ])
    assert.throws(
      () => parse(Buffer.from(hex, "hex")),
      (error) =>
        error instanceof NotUnderstoodError &&
        error.message.startsWith(message),
      message,
    );
});

test("a frame over the limit is not kept", () => {
  const reader = new FrameReader(1024);
  const piece = Buffer.alloc(65_536);
  noted(() => {
    assert.deepEqual([...reader.feed(Buffer.from("5a0020000084", "hex"))], []);
  });
  for (let i = 0; i < 31; ++i) {
    assert.deepEqual([...reader.feed(piece)], []);
    assert.equal(reader.held, 0);
  }
  const rest = Buffer.concat([
    piece.subarray(1),
    Buffer.from("5a0000000180", "hex"),
  ]);
  assert.deepEqual([...reader.feed(rest)], [Buffer.from([0x80])]);
});

test("integers and texts of any size are written as such", () => {
  for (const [value, hex] of [
    [2 ** 40, "1b0000010000000000"],
    [-(2 ** 40), "3b000000ffffffffff"],
    [2n ** 64n - 1n, "1bffffffffffffffff"],
    [2 ** 31, "1a80000000"],
    [{ a: [2 ** 53 - 1] }, "a16161811b001fffffffffffff"],
    [1.5, "fb3ff8000000000000"],
    ["ü", "62c3bc"],
    [null, "f6"],
  ])
    assert.equal(Payload.of(value).cbor.toString("hex"), hex);
});
