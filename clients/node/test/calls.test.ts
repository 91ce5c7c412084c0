import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { credentials } from "@grpc/grpc-js";

import { AbortError, connect, EndpointState, Raw } from "../src/index.js";
import { failureOf, thrownBy } from "./support/failure.js";
import { Gateway, LIMIT } from "./support/gateway.js";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("a call by name and by id", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const reply = await client.call("counter", { any: "thing" });
  assert.deepEqual(reply.payload, ["count", 1]);
  assert.equal(reply.fromId, 2n);
  assert.equal(reply.incarnation, 1n);
  assert.equal(Buffer.from(reply.cbor).toString("hex"), "8265636f756e7401");
  const again = await client.call(reply.fromId, null);
  assert.deepEqual(again.payload, ["count", 2]);
});

test("a Unix socket", LIMIT, async (t) => {
  const listen = `unix:${join(tmpdir(), `gateway-client-${process.pid}`)}`;
  const client = (await Gateway.start(t, { listen })).connect(t);
  assert.deepEqual((await client.call("echo", ["hello"])).payload, ["hello"]);
});

test("a send tells the incarnation that took it", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  assert.equal(await client.sendNamed("counter", 1), 1n);
  const { fromId, incarnation } = await client.call("counter", 2);
  assert.equal(await client.send(fromId, 3, { incarnation }), 1n);
  assert.deepEqual((await client.call("counter", 4)).payload, ["count", 4]);
});

test("an error has code, reason, field and message", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const id = 2n ** 64n - 1n;
  const unknown = await failureOf(client.send(id, null));
  assert.equal(unknown.code, "NOT_FOUND");
  assert.equal(unknown.reason, "ACTOR_UNKNOWN");
  assert.deepEqual(Object.keys(unknown.violations), ["to_id"]);
  assert.match(unknown.message, /18446744073709551615/);
  assert.ok(!unknown.retryable);
  const broken = new Raw(new Uint8Array([1, 2]));
  const invalid = await failureOf(client.call("echo", broken));
  assert.equal(invalid.code, "INVALID_ARGUMENT");
  assert.equal(invalid.reason, "PAYLOAD_INVALID");
});

test("a deadline passes, a signal aborts", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const late = await failureOf(client.call("nobody", 1, { deadlineMs: 100 }));
  assert.equal(late.code, "DEADLINE_EXCEEDED");
  for (const deadlineMs of [Infinity, 1e300, 2 ** 40]) {
    const reply = await client.call("echo", 1, { deadlineMs });
    assert.equal(reply.payload, 1);
  }
  const abort = new AbortController();
  const aborted = failureOf(client.call("nobody", 1, abort));
  abort.abort();
  const already = failureOf(client.call("nobody", 1, abort));
  for (const error of [await aborted, await already]) {
    assert.ok(error instanceof AbortError);
    assert.equal(error.name, "AbortError");
    assert.equal(error.code, "CANCELLED");
    assert.equal(error.cause, abort.signal.reason);
  }
  const signal = AbortSignal.abort(new Error("enough"));
  const why = await failureOf(client.call("nobody", 1, { signal }));
  assert.equal((why.cause as Error).message, "enough");
});

test("a name that is none is not sent", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const actor = await client.attach();
  const none = undefined as unknown as string;
  for (const call of [
    () => client.sendNamed(none, 1),
    () => actor.sendNamed(none, 1),
    () => client.attach({ name: 5 as unknown as string }),
    () => client.listen({ name: 5 as unknown as string }),
  ]) {
    assert.equal((await failureOf(call())).reason, "FIELD_INVALID");
  }
});

test("a token that is wrong speaks for nobody", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const listener = await client.listen();
  const from = { id: listener.id, token: "wrong" };
  const error = await failureOf(client.sendNamed("echo", 1, { from }));
  assert.equal(error.reason, "ACTOR_NOT_YOURS");
});

test("lists are told whole, page by page", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  for (let i = 0; i < 5; ++i) await client.call("spawner", i);
  const proxies = await collect(client.proxies({ pageSize: 2 }));
  const ids = proxies.map(({ remoteId }) => remoteId);
  assert.deepEqual(ids.sort(), [100n, 101n, 102n, 103n, 104n]);
  for (const name of ["a", "b", "c"]) await client.listen({ name });
  const actors = await collect(client.localActors({ pageSize: 2 }));
  assert.deepEqual(
    actors.map(({ name }) => name),
    ["a", "b", "c"],
  );
});

test("a proxy is released", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const { fromId } = await client.call("echo", 1);
  assert.equal(await client.release(fromId), 1n);
  const again = await failureOf(client.release(fromId));
  assert.equal(again.reason, "ACTOR_UNKNOWN");
});

test("endpoints are described", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  await client.call("echo", 1);
  const endpoint = await client.endpoint();
  assert.equal(endpoint.state, EndpointState.RUNNING);
  assert.equal(endpoint.counters?.accepted, 1n);
  const all = await client.endpoints();
  assert.deepEqual(
    all.map(({ name }) => name),
    ["default"],
  );
  const error = await failureOf(client.endpoint({ endpoint: "elsewhere" }));
  assert.equal(error.reason, "ENDPOINT_UNKNOWN");
});

test(
  "a gateway that is not there is UNAVAILABLE, until it is",
  LIMIT,
  async (t) => {
    const gateway = await Gateway.start(t);
    const client = gateway.connect(t);
    await client.call("echo", 1);
    await gateway.stop("SIGKILL");
    const error = await failureOf(client.call("echo", 1));
    assert.equal(error.code, "UNAVAILABLE");
    assert.equal(error.reason, "");
    await gateway.startAgain();
    let reply: unknown;
    while (reply === undefined) {
      reply = await client.call("echo", 2).then(
        ({ payload }) => payload,
        () => undefined,
      );
    }
    assert.equal(reply, 2);
  },
);

test("after close every call fails, and streams end", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const listener = await client.listen();
  client.close();
  for await (const event of listener) assert.fail(`told ${event.kind}`);
  const error = await failureOf(client.call("echo", 1));
  assert.equal(error.code, "FAILED_PRECONDITION");
});

test("options that make no sense are refused", () => {
  const wrong = [
    { deadlineMs: 0 },
    { keepaliveTimeMs: -1 },
    { keepaliveTimeoutMs: NaN },
    { maxResponseBytes: 0 },
    { backoff: { jitter: 2 } },
    { metadata: { "no key": "x" } },
    { metadata: { key: "\n" } },
    { cert: "/nowhere" },
    { ca: "/nowhere" },
    { ca: new Uint8Array(1) },
    { serverName: "gateway" },
    { credentials: credentials.createInsecure(), tls: true },
  ];
  for (const options of wrong) {
    const error = thrownBy(() => connect("127.0.0.1:1", options));
    assert.equal(error.code, "INVALID_ARGUMENT");
  }
  assert.equal(thrownBy(() => connect("")).code, "INVALID_ARGUMENT");
});
