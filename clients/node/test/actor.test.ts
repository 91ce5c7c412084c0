import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type ActorEvent,
  type Delivery,
  EndpointState,
  type Listener,
} from "../src/index.js";
import { failureOf } from "./support/failure.js";
import { Gateway, LIMIT } from "./support/gateway.js";

/** The next event of a kind; others are passed over. */
async function next<Kind extends ActorEvent["kind"]>(
  listener: Listener,
  kind: Kind,
): Promise<Extract<ActorEvent, { kind: Kind }>> {
  for await (const event of listener) {
    if (event.kind === kind) {
      return event as Extract<ActorEvent, { kind: Kind }>;
    }
  }
  return assert.fail(`the stream has ended without ${kind}`);
}

/** Reads to the end. */
async function drain(listener: Listener): Promise<ActorEvent[]> {
  const all: ActorEvent[] = [];
  for await (const event of listener) all.push(event);
  return all;
}

test("an actor sends, links, and is told of an end", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const actor = await client.attach({ name: "me" });
  assert.equal(actor.id, 1n);
  await actor.sendNamed("spawner", ["go"]);
  const hello = await next(actor, "delivery");
  assert.deepEqual(hello.payload, ["hello", Number(hello.fromId)]);
  await actor.link(hello.fromId, { confirm: true });
  await actor.send(hello.fromId, ["exit", "enough"]);
  const { remoteId, reason } = await next(actor, "exited");
  assert.equal(remoteId, hello.fromId);
  assert.equal(reason, "enough");
  await actor.close();
});

test("messages come back complete and in order", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const actor = await client.attach();
  const count = 20_000;
  const sending = (async () => {
    for (let i = 0; i < count; ++i) await actor.sendNamed("echo", i);
  })();
  let seen = 0;
  for await (const event of actor) {
    assert.equal((event as Delivery).payload, seen);
    if (++seen === count) break;
  }
  await sending;
});

test("a command that fails is told to whoever waits", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const actor = await client.attach();
  const confirm = true;
  const told = await failureOf(actor.send(4711, 1, { confirm }));
  assert.equal(told.reason, "ACTOR_UNKNOWN");
  await actor.send(4712, 1);
  const { error } = await next(actor, "commandFailed");
  assert.equal(error.reason, "ACTOR_UNKNOWN");
  assert.match(error.message, /4712/);
  await actor.sendNamed("echo", "still here", { confirm });
  assert.equal((await next(actor, "delivery")).payload, "still here");
});

test("a cancelled actor is gone, and what waited with it", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const actor = await client.attach();
  await actor.sendNamed("echo", 1);
  await actor.sendNamed("echo", 2);
  await next(actor, "delivery");
  actor.cancel();
  assert.deepEqual(await drain(actor), []);
});

test(
  "a half-close sends what waits, then the stream ends",
  LIMIT,
  async (t) => {
    const client = (await Gateway.start(t)).connect(t);
    const actor = await client.attach();
    for (let i = 0; i < 10; ++i) void actor.sendNamed("counter", i);
    actor.halfClose();
    await drain(actor);
    assert.equal(
      (await failureOf(actor.send(1, 1))).code,
      "FAILED_PRECONDITION",
    );
    assert.deepEqual((await client.call("counter", 0)).payload, ["count", 11]);
  },
);

test("a command not yet confirmed fails with its stream", LIMIT, async (t) => {
  const gateway = await Gateway.start(t);
  const actor = await gateway.connect(t).attach();
  actor.cancel();
  const error = await failureOf(actor.sendNamed("echo", 1, { confirm: true }));
  assert.ok(["CANCELLED", "FAILED_PRECONDITION"].includes(error.code));
  assert.deepEqual(await drain(actor), []);
});

test("what can't be opened is refused", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  await client.attach({ name: "me" });
  const attach = await failureOf(client.attach({ name: "me" }));
  assert.equal(attach.reason, "NAME_TAKEN");
  const listen = await failureOf(client.listen({ name: "me" }));
  assert.equal(listen.reason, "NAME_TAKEN");
});

test("a listener is told, and others speak for it", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const listener = await client.listen({ name: "me" });
  await client.sendNamed("echo", ["it is me"], { from: listener });
  const delivery = await next(listener, "delivery");
  assert.deepEqual(delivery.payload, ["it is me"]);
  assert.equal(delivery.endpoint, "default");
  listener.cancel();
  assert.deepEqual(await drain(listener), []);
});

test("the child's end is told to every actor", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const actor = await client.attach();
  await actor.sendNamed("crash", ["exit_process", 3]);
  for (;;) {
    const { endpoint, state } = await next(actor, "endpointChanged");
    assert.equal(endpoint, "default");
    if (state === EndpointState.FAILED || state === EndpointState.BACKOFF)
      break;
  }
});

test(
  "a lost gateway ends an actor; a new one takes it back",
  LIMIT,
  async (t) => {
    const gateway = await Gateway.start(t);
    const client = gateway.connect(t);
    const actor = await client.attach({ name: "me" });
    const unconfirmed = failureOf(
      actor.sendNamed("nobody", 1).then(() => drain(actor)),
    );
    await gateway.stop("SIGKILL");
    assert.equal((await unconfirmed).code, "UNAVAILABLE");
    assert.equal((await failureOf(actor.send(1, 1))).code, "UNAVAILABLE");
    await gateway.startAgain();
    const again = await client.attach({ name: "me" });
    await again.sendNamed("echo", "after");
    assert.equal((await next(again, "delivery")).payload, "after");
  },
);

test("a gateway that ends in order says so before", LIMIT, async (t) => {
  const gateway = await Gateway.start(t);
  const actor = await gateway.connect(t).attach();
  const stopped = gateway.stop("SIGTERM");
  await next(actor, "closing");
  const error = await failureOf(drain(actor));
  assert.equal(error.reason, "SHUTTING_DOWN");
  assert.ok(error.retryable);
  await stopped;
});

test("who does not read is cut off, and nobody else", LIMIT, async (t) => {
  const options = ["--mailbox-bytes", "100000"];
  const client = (await Gateway.start(t, { options })).connect(t);
  const slow = await client.attach({ maxWaitingBytes: 10_000 });
  const quick = await client.attach();
  const large = "x".repeat(50_000);
  let live: unknown[] = [slow.id];
  while (live.includes(slow.id)) {
    // It may be told already while it sends.
    for (let i = 0; i < 20; ++i) {
      await slow.sendNamed("echo", large).catch(() => undefined);
    }
    await quick.sendNamed("echo", 1);
    assert.equal((await next(quick, "delivery")).payload, 1);
    live = [];
    for await (const { id } of client.localActors()) live.push(id);
  }
  assert.equal((await failureOf(drain(slow))).reason, "MAILBOX_FULL");
});
