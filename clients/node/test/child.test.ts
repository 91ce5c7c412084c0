import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

import { decode, encode } from "../src/index.js";
import { Gateway, LIMIT } from "./support/gateway.js";

const CHILD = process.env.THESPIAN_NODE_CHILD ?? "../child/child.mjs";

function frame(message: unknown): Buffer {
  const content = encode(message);
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
async function talk(pieces: Buffer[]): Promise<unknown[]> {
  const child = spawn(process.execPath, [CHILD], { timeout: 30_000 });
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.resume();
  for (const piece of pieces) child.stdin.write(piece);
  child.stdin.end();
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 0);
  return messages(Buffer.concat(said));
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
