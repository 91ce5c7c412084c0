import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

import { decode, encode } from "../src/index.js";
import { Gateway, LIMIT } from "./support/gateway.js";

const CHILD = process.env.THESPIAN_NODE_CHILD ?? "../child/child.mjs";

function frame(message: unknown): Buffer {
  return frameOf(Buffer.from(encode(message)));
}

function frameOf(content: Buffer): Buffer {
  const head = Buffer.from([0x5a, 0, 0, 0, 0]);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function messages(bytes: Buffer): unknown[] {
  const all: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    assert.equal(bytes[at], 0x5a);
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    all.push(decode(bytes.subarray(at + 5, end)));
    at = end;
  }
  return all;
}

/** What the child says to these bytes, before and after its stdin ends. */
async function talk(
  pieces: Buffer[],
  ...options: string[]
): Promise<unknown[]> {
  return messages(await talkRaw(pieces, ...options));
}

async function talkRaw(
  pieces: Buffer[],
  ...options: string[]
): Promise<Buffer> {
  const child = spawn(process.execPath, [CHILD, ...options], {
    timeout: 30_000,
  });
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.resume();
  for (const piece of pieces) child.stdin.write(piece);
  child.stdin.end();
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 0);
  return Buffer.concat(said);
}

const END = ["transport_error", "stdin_closed"];

test("the end of stdin is answered", LIMIT, async () => {
  assert.deepEqual(await talk([]), [END]);
});

test("messages cut anywhere are understood", LIMIT, async () => {
  const stream = Buffer.concat([
    frame(["send_named", 7, "counter", null]),
    frame(["send", 2n ** 60n, 1, ["hello"]]),
    frame(["exit", 7, "normal"]),
  ]);
  const bytes = [...stream].map((byte) => Buffer.from([byte]));
  assert.deepEqual(await talk(bytes), [
    ["send", 2, 7, ["count", 1]],
    ["send", 1, 2n ** 60n, ["hello"]],
    END,
  ]);
});

test("who is not there is told; nobody is not answered", LIMIT, async () => {
  const said = await talk([
    frame(["send", 7, 4711, null]),
    frame(["link", 7, 4712]),
    frame(["send", 7, 0, null]),
    frame(["link", 7, 1]),
    frame(["send_named", 7, "toString", null]),
    frame(["send", 0, 1, "nobody asks"]),
    frame(["transport_error", "enough"]),
  ]);
  assert.deepEqual(said, [
    ["exit", 4711, "no_such_actor"],
    ["exit", 4712, "no_such_actor"],
    END,
  ]);
});

test("the counter counts, and is reset by its word alone", LIMIT, async () => {
  const payloads = [1, ["reset", 1], "reset", ["reset"], { a: 1 }];
  const said = await talk(
    payloads.map((payload) => frame(["send", 7, 2, payload])),
  );
  const counts = [1, 2, 3, 0, 1].map((n) => ["send", 2, 7, ["count", n]]);
  assert.deepEqual(said, [...counts, END]);
});

test("a spawned actor echoes until it is told to exit", LIMIT, async () => {
  const said = await talk([
    frame(["send_named", 7, "spawner", "go"]),
    frame(["send_named", 7, "spawner", "go"]),
    frame(["send", 7, 100, [1, 2, 3]]),
    frame(["send", 7, 100, ["exit", 5]]),
    frame(["send", 7, 100, ["exit", "enough"]]),
    frame(["send", 7, 101, ["exit"]]),
    frame(["send", 7, 100, "too late"]),
  ]);
  assert.deepEqual(said, [
    ["send", 100, 7, ["hello", 100]],
    ["send", 101, 7, ["hello", 101]],
    ["send", 100, 7, [1, 2, 3]],
    ["send", 100, 7, ["exit", 5]],
    ["exit", 100, "enough"],
    ["exit", 101, "normal"],
    ["exit", 100, "no_such_actor"],
    END,
  ]);
});

const local = (id: unknown) => ["LPID", id];
const remote = (id: unknown) => ["RPID", id];

test("tagged ids are read as well", LIMIT, async () => {
  const said = await talk([
    frame(["send", local(2n ** 64n - 1n), remote(1), ["hello"]]),
    frame(["link", local(7), remote(4712)]),
  ]);
  assert.deepEqual(said, [
    ["send", 1, 2n ** 64n - 1n, ["hello"]],
    ["exit", 4712, "no_such_actor"],
    END,
  ]);
});

test("it speaks as a thespian process does", LIMIT, async () => {
  const said = await talk(
    [
      frame(["send_named", local(2n ** 64n - 1n), "spawner", ["go"]]),
      frame(["send_named", local(7), "spawner", ["go"]]),
      frame(["send", 7, 1, ["plain ids are read"]]),
      frame(["send", local(7), remote(4711), []]),
      frame(["link", local(7), remote(4712)]),
      frame(["link", local(7), remote(101)]),
      frame(["send", local(7), remote(100), ["exit", "unseen"]]),
      frame(["send", local(7), remote(101), ["exit", "seen"]]),
      frame(["send", local(7), remote(101), ["exit", "seen"]]),
    ],
    "--dialect",
    "thespian",
  );
  assert.deepEqual(said, [
    ["send", local(100), remote(2n ** 64n - 1n), ["hello", 100]],
    ["send", local(101), remote(7), ["hello", 101]],
    ["send", local(1), remote(7), ["plain ids are read"]],
    ["exit", local(101), "seen"],
    END,
  ]);
});

// A payload as hex, with what is repeated before it.
const ANY_CBOR: [string, string, number][] = [
  ...["9f0102ff", "7f61616162ff", "5f4100ff", "bf6161f7ff"],
  ...["f7", "f0", "f8ff", "f97e01", "fb7ff8000000000001"],
  ...["1b0000000000000001", "3bffffffffffffffff", "a201010102", "a18000"],
  ...["c000", "c1f6", "d81d00", "d81c81d81d00", "d9d9f780", "61ff", "8161ff"],
  ...["d869820000", "d833820100", "d819c000", "81d8184161"],
].map((hex) => [hex, "", 0]);
ANY_CBOR.push(["00", "c1", 100_000], ["f6", "81d81c", 1], ["00", "81", 64]);

test("any CBOR comes back byte for byte", LIMIT, async () => {
  for (const [hex, before, times] of ANY_CBOR) {
    const payload = Buffer.from(before.repeat(times) + hex, "hex");
    const piece = (start: string) =>
      frameOf(Buffer.concat([Buffer.from(start, "hex"), payload]));
    const said = await talkRaw(
      ["01", "02", "04", "1864"].map((id) => piece(`846473656e6407${id}`)),
    );
    const expected = [
      piece("846473656e640107"),
      frame(["send", 2, 7, ["count", 1]]),
      frame(["send", 100, 7, ["hello", 100]]),
      piece("846473656e64186407"),
      frame(END),
    ];
    assert.deepEqual(said, Buffer.concat(expected), hex);
  }
});

test("a gateway runs it and stops it", LIMIT, async (t) => {
  const child = [process.execPath, CHILD];
  const gateway = await Gateway.start(t, { child });
  const client = gateway.connect(t);
  const payload = ["hello", 1.5, 2n ** 64n - 1n];
  assert.deepEqual((await client.call("echo", payload)).payload, payload);
  const watch = client.watch({ kinds: ["endpointStateChanged"] });
  const events = watch[Symbol.asyncIterator]();
  while ((await events.next()).value?.kind !== "snapshotComplete");
  const stopped = gateway.stop("SIGTERM");
  for await (const event of events) {
    if (event.kind === "endpointStateChanged" && event.exit) {
      assert.equal(event.exit.exitCode, 0);
      break;
    }
  }
  await stopped;
});
