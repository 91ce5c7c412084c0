import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";

import { Metadata, status } from "@grpc/grpc-js";

import { type CommandStream, CommandWriter } from "../src/command-writer.js";
import type { AttachRequest } from "../src/gen/thespian/gateway/v1/gateway.js";
import { failureOf } from "./support/failure.js";

/** Takes writes and finishes them when it is told to. */
class FakeStream extends EventEmitter {
  readonly batches: number[][] = [];
  ended = false;
  #finish: (() => void) | undefined;

  write(request: AttachRequest, finish: () => void): boolean {
    assert.equal(this.#finish, undefined, "two writes in flight");
    this.batches.push(request.commands.map((each) => Number(each.commandId)));
    this.#finish = finish;
    return true;
  }

  end(): void {
    assert.equal(this.#finish, undefined, "ended while writing");
    this.ended = true;
  }

  finishWrite(): void {
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.();
  }
}

function start(maxBytes = 1 << 20) {
  const stream = new FakeStream();
  const writer = new CommandWriter(
    stream as unknown as CommandStream,
    maxBytes,
  );
  return { stream, writer };
}

function command(id: number, bytes = 0) {
  const sendNamed = {
    endpoint: "",
    toName: "echo",
    payload: { cbor: Buffer.alloc(bytes) },
  };
  return { commandId: BigInt(id), sendNamed };
}

/** The ids from `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const soon = () => new Promise(setImmediate);

test("what is given at one go is written at one go", async () => {
  const { stream, writer } = start();
  await Promise.all([1, 2, 3].map((id) => writer.add(command(id))));
  await soon();
  assert.deepEqual(stream.batches, [[1, 2, 3]]);
});

test("what comes during a write goes with the next", async () => {
  const { stream, writer } = start();
  await writer.add(command(1));
  await soon();
  await writer.add(command(2));
  await soon();
  await writer.add(command(3));
  await soon();
  assert.deepEqual(stream.batches, [[1]]);
  stream.finishWrite();
  assert.deepEqual(stream.batches, [[1], [2, 3]]);
});

test("a batch ends at 256 commands or at 64 KiB", async () => {
  const { stream, writer } = start();
  const small = range(1, 257).map((id) => writer.add(command(id)));
  const large = [300, 301].map((id) => writer.add(command(id, 40_000)));
  await Promise.all([...small, ...large, writer.add(command(302, 100_000))]);
  await soon();
  for (let i = 0; i < 4; ++i) stream.finishWrite();
  assert.deepEqual(stream.batches, [range(1, 256), [257, 300], [301], [302]]);
});

test("a full queue makes its users wait, in their order", async () => {
  const { stream, writer } = start(1000);
  const added: number[] = [];
  const adding = [1, 2, 3, 4].map(async (id) => {
    await writer.add(command(id, 500));
    added.push(id);
  });
  await soon();
  assert.deepEqual(added, [1, 2]);
  stream.finishWrite();
  stream.finishWrite();
  stream.finishWrite();
  await Promise.all(adding);
  assert.deepEqual(stream.batches.flat(), [1, 2, 3, 4]);
});

test("a command that is larger than the queue passes alone", async () => {
  const { stream, writer } = start(1000);
  await writer.add(command(1, 5000));
  await soon();
  assert.deepEqual(stream.batches, [[1]]);
});

test("a half-close comes after what waits", async () => {
  const { stream, writer } = start();
  await writer.add(command(1));
  await soon();
  await writer.add(command(2));
  writer.halfClose();
  assert.equal(
    (await failureOf(writer.add(command(3)))).code,
    "FAILED_PRECONDITION",
  );
  stream.finishWrite();
  assert.ok(!stream.ended);
  stream.finishWrite();
  assert.ok(stream.ended);
  assert.deepEqual(stream.batches, [[1], [2]]);
});

test("the stream's end is told to those who wait and to the next", async () => {
  const { stream, writer } = start(100);
  void writer.add(command(1));
  const blocked = failureOf(writer.add(command(2)));
  stream.emit("status", {
    code: status.UNAVAILABLE,
    details: "gone",
    metadata: new Metadata(),
  });
  assert.equal((await blocked).code, "UNAVAILABLE");
  assert.equal((await failureOf(writer.add(command(3)))).code, "UNAVAILABLE");
});
