import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

import { EndpointState } from "../src/index.js";
import { failureOf } from "./support/failure.js";
import { BIN, Gateway, LIMIT } from "./support/gateway.js";

test("a child's life is the operator's", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const stopped = await client.admin.stop();
  assert.equal(stopped.state, EndpointState.STOPPED);
  const down = await failureOf(client.call("echo", 1));
  assert.equal(down.reason, "ENDPOINT_DOWN");
  const started = await client.admin.start({ endpoint: "default" });
  assert.equal(started.incarnation, 2n);
  assert.equal((await client.admin.restart()).incarnation, 3n);
  await client.call("echo", 1);
  const directions = (await client.admin.flightRecord()).map(
    ({ fromChild }) => fromChild,
  );
  assert.deepEqual([...new Set(directions)].sort(), [false, true]);
  const error = await failureOf(client.admin.stop({ endpoint: "elsewhere" }));
  assert.equal(error.reason, "ENDPOINT_UNKNOWN");
});

test("the endpoints change while they serve", LIMIT, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "gateway-admin-"));
  t.after(() => {
    rmSync(dir, { recursive: true });
  });
  const config = join(dir, "gateway.toml");
  const command = JSON.stringify([resolve(BIN, "thespian-demo-child")]);
  writeFileSync(
    config,
    `[endpoint.pool]\nreplicas = 2\ncommand = ${command}\n`,
  );
  const options = ["--config", config];
  const client = (await Gateway.start(t, { child: [], options })).connect(t);
  const names = (await client.admin.scale("pool", 3)).map(({ name }) => name);
  assert.deepEqual(names, ["pool/0", "pool/1", "pool/2"]);
  const [replaced] = await client.admin.replace({ endpoint: "pool/0" });
  assert.equal(replaced?.incarnation, 2n);
  assert.deepEqual((await client.admin.reload()).added, []);
  for (const replicas of [0, 1001, 1.5]) {
    const error = await failureOf(client.admin.scale("pool", replicas));
    assert.match(error.message, /^replicas must be/);
  }
});
