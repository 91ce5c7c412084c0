import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  type Client,
  connect,
  type ConnectOptions,
  type Speaker,
} from "../src/index.js";
import { failureOf } from "./support/failure.js";
import { type Cleanup, LIMIT } from "./support/gateway.js";
import { Authority, Recorder } from "./support/recorder.js";

const endpoint = "pool/1";
const from = { id: 7n, token: "secret" };

/** Of each RPC that names an endpoint, by its name. */
const OF_AN_ENDPOINT: Record<string, (client: Client) => Promise<unknown>> = {
  call: (c) => c.call("echo", 1, { endpoint }),
  send: (c) => c.send(1, 1, { endpoint, from }),
  sendNamed: (c) => c.sendNamed("n", 1, { endpoint, from }),
  watchProxies: (c) => first(c.watch({ endpoint })),
  listProxies: (c) => first(c.proxies({ endpoint })),
  releaseProxy: (c) => c.release(1, { endpoint }),
  getEndpoint: (c) => failureOf(c.endpoint({ endpoint })),
  startEndpoint: (c) => failureOf(c.admin.start({ endpoint })),
  stopEndpoint: (c) => failureOf(c.admin.stop({ endpoint })),
  restartEndpoint: (c) => failureOf(c.admin.restart({ endpoint })),
  getFlightRecord: (c) => c.admin.flightRecord({ endpoint }),
  scaleEndpoint: (c) => c.admin.scale(endpoint, 2),
  replaceEndpoint: (c) => c.admin.replace({ endpoint }),
};

/** And of some that name none, or one that metadata can't have. */
const OF_NONE: Record<string, (client: Client) => Promise<unknown>> = {
  call: (c) => c.call("echo", 1, { endpoint: "é" }),
  attach: (c) => c.attach(),
  listen: (c) => c.listen(),
  listEndpoints: (c) => c.endpoints(),
  reload: (c) => c.admin.reload(),
};

async function first(items: AsyncIterable<unknown>): Promise<unknown> {
  for await (const item of items) return item;
  return undefined;
}

function connected(t: Cleanup, address: string, options?: ConnectOptions) {
  const client = connect(address, options);
  t.after(() => {
    client.close();
  });
  return client;
}

test("the metadata names the endpoint", LIMIT, async (t) => {
  const [recorder, address] = await Recorder.start(t);
  const client = connected(t, address);
  for (const [name, call] of Object.entries(OF_AN_ENDPOINT)) {
    await call(client);
    const seen = recorder.seen.pop() ?? assert.fail(name);
    assert.equal(seen.method, name);
    assert.deepEqual(
      seen.metadata.get("x-thespian-endpoint"),
      [endpoint],
      name,
    );
    const token = name.startsWith("send") ? ["secret"] : [];
    assert.deepEqual(seen.metadata.get("x-actor-token"), token, name);
  }
});

test("without an endpoint the metadata has none", LIMIT, async (t) => {
  const [recorder, address] = await Recorder.start(t);
  const client = connected(t, address);
  for (const [name, call] of Object.entries(OF_NONE)) {
    await call(client);
    const seen = recorder.seen.pop() ?? assert.fail(name);
    assert.equal(seen.method, name);
    assert.deepEqual(seen.metadata.get("x-thespian-endpoint"), [], name);
  }
});

test("who speaks carries the gateway that knows it", LIMIT, async (t) => {
  const [recorder, address] = await Recorder.start(t);
  const client = connected(t, address);
  for (const gateway of ["", "MTI3LjAuMC4xOjE="]) {
    recorder.gateway = gateway;
    const made: Speaker[] = [await client.attach(), await client.listen()];
    for (const from of made) {
      await client.send(1, 1, { from });
      await client.sendNamed("n", 1, { from });
      for (const { method, metadata } of recorder.seen.splice(-2)) {
        const carried = metadata.get("x-thespian-gateway");
        assert.deepEqual(carried, gateway ? [gateway] : [], method);
        assert.deepEqual(metadata.get("x-actor-token"), ["secret"], method);
      }
    }
  }
  await client.sendNamed("n", 1);
  const anonymous = recorder.seen.pop()?.metadata.get("x-thespian-gateway");
  assert.deepEqual(anonymous, []);
});

test("metadata is that of all and of the call", LIMIT, async (t) => {
  const [recorder, address] = await Recorder.start(t);
  const client = connected(t, address, { metadata: { a: "all" } });
  await client.call("echo", 1, {
    metadata: { b: ["1", "2"], "c-bin": new Uint8Array([0]) },
  });
  await client.attach({ metadata: { b: "3" } });
  await first(client.watch({ metadata: { b: "4" } }));
  const carried = recorder.seen.map(({ metadata }) => [
    metadata.get("a"),
    metadata.get("b"),
    metadata.get("c-bin"),
  ]);
  assert.deepEqual(carried, [
    [["all"], ["1, 2"], [Buffer.from([0])]],
    [["all"], ["3"], []],
    [["all"], ["4"], []],
  ]);
  const bad = await failureOf(client.call("echo", 1, { metadata: { Ö: "x" } }));
  assert.match(bad.message, /^metadata: "Ö"/);
  assert.equal(recorder.seen.length, 3);
});

test("TLS with certificates of both", LIMIT, async (t) => {
  const ca = new Authority(t);
  const [recorder, address] = await Recorder.start(t, ca.serverCredentials());
  const full = {
    ca: readFileSync(ca.path("ca.pem")),
    cert: ca.path("client.pem"),
    key: ca.path("client.key"),
    serverName: "server.test",
  };
  await connected(t, address, full).call("echo", 1);
  const wrong: ConnectOptions[] = [
    { ca: full.ca, serverName: "server.test" },
    { ...full, serverName: "other.test" },
    { tls: true, serverName: "server.test" },
  ];
  for (const options of wrong) {
    const client = connected(t, address, options);
    const error = await failureOf(client.call("echo", 1));
    assert.equal(error.code, "UNAVAILABLE");
  }
  assert.equal(recorder.seen.length, 1);
});
