import assert from "node:assert/strict";
import { test } from "node:test";

import { Mailbox } from "../src/mailbox.js";

async function drain(mailbox: Mailbox<number>): Promise<number[]> {
  const all: number[] = [];
  for await (const item of mailbox) all.push(item);
  return all;
}

/** Whether the promise has settled by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

test("items come in order, then the end", async () => {
  const mailbox = new Mailbox<number>(100);
  for (const item of [1, 2, 3]) mailbox.put(item, 10);
  mailbox.end();
  assert.deepEqual(await drain(mailbox), [1, 2, 3]);
});

test("readers who wait are served in order, then told the end", async () => {
  const mailbox = new Mailbox<number>(100);
  const waiting = [mailbox.next(), mailbox.next(), mailbox.next()];
  mailbox.put(1, 10);
  mailbox.put(2, 10);
  mailbox.end();
  const seen = await Promise.all(waiting);
  assert.deepEqual(
    seen.map(({ value }) => value),
    [1, 2, undefined],
  );
});

test("an error comes after the last item, and stays", async () => {
  const mailbox = new Mailbox<number>(100);
  mailbox.put(1, 10);
  mailbox.end(new Error("lost"));
  mailbox.end();
  assert.deepEqual(await mailbox.next(), { value: 1, done: false });
  await assert.rejects(mailbox.next(), /lost/);
  await assert.rejects(mailbox.next(), /lost/);
});

test("a loop that was left is followed by another", async () => {
  const mailbox = new Mailbox<number>(100);
  for (const item of [1, 2, 3]) mailbox.put(item, 10);
  mailbox.end();
  for await (const item of mailbox) {
    assert.equal(item, 1);
    break;
  }
  assert.deepEqual(await drain(mailbox), [2, 3]);
});

test("there is room again once enough was read", async () => {
  const mailbox = new Mailbox<number>(20);
  mailbox.put(1, 15);
  assert.ok(await settled(mailbox.room()));
  mailbox.put(2, 15);
  const room = mailbox.room();
  assert.ok(!(await settled(room)));
  await mailbox.next();
  assert.ok(await settled(room));
});

test("the end lets a writer go", async () => {
  const mailbox = new Mailbox<number>(20);
  mailbox.put(1, 20);
  const room = mailbox.room();
  mailbox.end();
  assert.ok(await settled(room));
});

test("what is cleared, or comes after the end, is not read", async () => {
  const mailbox = new Mailbox<number>(20);
  mailbox.put(1, 20);
  const room = mailbox.room();
  mailbox.clear();
  assert.ok(await settled(room));
  mailbox.put(2, 10);
  mailbox.end();
  mailbox.put(3, 10);
  assert.deepEqual(await drain(mailbox), [2]);
});
