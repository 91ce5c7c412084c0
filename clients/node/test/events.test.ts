import assert from "node:assert/strict";
import { test } from "node:test";

import { toActorEvent } from "../src/actor-event.js";
import {
  ActorEvent,
  ProxyEvent,
  ProxyEventKind,
} from "../src/gen/thespian/gateway/v1/gateway.js";
import { Exited } from "../src/index.js";
import { toKind, toWatchEvent } from "../src/watch-event.js";
import { thrownBy } from "./support/failure.js";

/** What becomes of an `exited` that comes with these details, in hex. */
function exitedWith(...details: string[]): Exited {
  const sent = ActorEvent.encode({
    sequence: 2n,
    exited: {
      endpoint: "e",
      incarnation: 3n,
      remoteId: 100n,
      reason: "bug",
      details: details.map((hex) => ({ cbor: Buffer.from(hex, "hex") })),
    },
  }).finish();
  const event = toActorEvent(ActorEvent.decode(sent));
  assert.ok(event instanceof Exited);
  return event;
}

test("the details of an end are decoded", () => {
  const exited = exitedWith("826377687905", "f5");
  const { kind, endpoint, incarnation, remoteId, reason } = exited;
  assert.deepEqual(
    { kind, endpoint, incarnation, remoteId, reason },
    {
      kind: "exited",
      endpoint: "e",
      incarnation: 3n,
      remoteId: 100n,
      reason: "bug",
    },
  );
  assert.deepEqual(exited.details, [["why", 5], true]);
  assert.equal(Buffer.from(exited.cborDetails[1] ?? []).toString("hex"), "f5");
});

test("most ends have no details", () => {
  assert.deepEqual(exitedWith().details, []);
});

test("a detail that can't be read leaves the rest", () => {
  const exited = exitedWith("82");
  assert.equal(thrownBy(() => exited.details).code, "DATA_LOSS");
  assert.equal(exited.reason, "bug");
});

test("a heartbeat is not passed on", () => {
  const sent = ProxyEvent.encode({
    sequence: 6n,
    time: undefined,
    endpoint: "",
    incarnation: 0n,
    heartbeat: {},
  }).finish();
  assert.equal(toWatchEvent(ProxyEvent.decode(sent)), undefined);
});

test("a protocol warning is told with its hint", () => {
  const sent = ProxyEvent.encode({
    sequence: 6n,
    time: undefined,
    endpoint: "e",
    incarnation: 3n,
    protocolWarning: { text: "ids are plain", hint: "--dialect plain" },
  }).finish();
  const event = toWatchEvent(ProxyEvent.decode(sent));
  assert.ok(event?.kind === "protocolWarning");
  assert.equal(event.sequence, 6n);
  assert.equal(event.text, "ids are plain");
  assert.equal(event.hint, "--dialect plain");
  assert.equal(toKind("protocolWarning"), ProxyEventKind.PROTOCOL_WARNING);
});
