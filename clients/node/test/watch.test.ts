import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type Client,
  connect,
  type Watch,
  type WatchEvent,
} from "../src/index.js";
import { failureOf } from "./support/failure.js";
import { FakeWatches, type Script } from "./support/fake-watches.js";
import { type Cleanup, Gateway, LIMIT } from "./support/gateway.js";
import { Relay } from "./support/relay.js";

/** A watch, read event by event. */
class Watched {
  readonly #events: AsyncGenerator<WatchEvent, undefined, undefined>;

  constructor(watch: Watch) {
    this.#events = watch[Symbol.asyncIterator]();
  }

  /** The next event, which must be of this kind. */
  async next<Kind extends WatchEvent["kind"]>(
    kind: Kind,
  ): Promise<Extract<WatchEvent, { kind: Kind }>> {
    const { value } = await this.#events.next();
    assert.equal(value?.kind, kind);
    return value as Extract<WatchEvent, { kind: Kind }>;
  }

  end(): Promise<IteratorResult<WatchEvent, undefined>> {
    return this.#events.next();
  }
}

const kinds = ["proxyCreated", "proxyClosed"] as const;
const backoff = { initialMs: 10, longestMs: 100 };

/** A client that ends with the test. */
function connected(t: Cleanup, address: string): Client {
  const client = connect(address, { backoff });
  t.after(() => {
    client.close();
  });
  return client;
}

test("a snapshot, then news", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  await client.call("echo", 1);
  const watch = client.watch({ kinds });
  const watched = new Watched(watch);
  const row = await watched.next("proxyCreated");
  assert.equal(row.remoteId, 1n);
  assert.equal(watch.resumeAfter, 0n);
  const { proxies, sequence } = await watched.next("snapshotComplete");
  assert.equal(proxies, 1n);
  assert.equal(watch.resumeAfter, sequence);
  await client.call("counter", 1);
  const news = await watched.next("proxyCreated");
  assert.equal(news.remoteId, 2n);
  assert.ok(news.sequence > sequence);
  assert.equal(watch.resumeAfter, news.sequence);
});

test("a message event carries its payload when asked", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const watched = new Watched(
    client.watch({ kinds: ["messageSent"], includePayloads: true }),
  );
  await watched.next("snapshotComplete");
  await client.sendNamed("echo", ["go"]);
  const sent = await watched.next("messageSent");
  assert.equal(sent.toName, "echo");
  assert.equal(sent.toId, undefined);
  assert.equal(Buffer.from(sent.payload).toString("hex"), "8162676f");
});

test("a lost connection is resumed, event for event", LIMIT, async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway.address);
  const direct = gateway.connect(t);
  const client = connected(t, relay.address);
  const watched = new Watched(client.watch({ kinds }));
  await watched.next("snapshotComplete");
  const created: bigint[] = [];
  for (let round = 0; round < 5; ++round) {
    const { fromId } = await direct.call("spawner", round);
    relay.cut();
    await direct.call("spawner", round);
    created.push(fromId, fromId + 1n);
  }
  const seen: bigint[] = [];
  while (seen.length < created.length) {
    seen.push((await watched.next("proxyCreated")).remoteId);
  }
  assert.deepEqual(seen, created);
});

test("another life of the gateway is no place to resume", LIMIT, async (t) => {
  const gateway = await Gateway.start(t);
  const client = gateway.connect(t, { backoff });
  const watched = new Watched(client.watch({ kinds }));
  await watched.next("snapshotComplete");
  for (let i = 0; i < 20; ++i) await client.call("spawner", i);
  let last = 0n;
  for (let i = 0; i < 20; ++i) {
    last = (await watched.next("proxyCreated")).sequence;
  }
  await gateway.stop("SIGKILL");
  await gateway.startAgain();
  assert.equal((await watched.next("notResumed")).afterSequence, last);
  assert.equal((await watched.next("snapshotComplete")).proxies, 0n);
  let called = false;
  while (!called) {
    called = await client.call("echo", 1).then(
      () => true,
      () => false,
    );
  }
  assert.equal((await watched.next("proxyCreated")).remoteId, 1n);
});

test("a resume names the run that its place is of", LIMIT, async (t) => {
  const [fake, address] = await FakeWatches.start(t, [
    { epoch: 70n, complete: 9n },
    {},
    { complete: 11n },
    { reason: "SEQUENCE_COMPACTED" },
    { epoch: 71n, complete: 4n },
    { complete: 5n },
  ]);
  const client = connected(t, address);
  const watch = client.watch();
  const watched = new Watched(watch);
  await watched.next("snapshotComplete");
  await watched.next("snapshotComplete");
  assert.equal(watch.epoch, 70n);
  await watched.next("notResumed");
  await watched.next("snapshotComplete");
  await watched.next("snapshotComplete");
  assert.equal(watch.epoch, 71n);
  assert.deepEqual(
    fake.asked.map(({ afterSequence, epoch }) => [afterSequence, epoch]),
    [
      [0n, 0n],
      [9n, 70n],
      [9n, 70n],
      [11n, 70n],
      [0n, 0n],
      [4n, 71n],
    ],
  );
});

const LOSSES: Record<string, Script> = {
  "a gateway that is gone": { code: "UNAVAILABLE" },
  "a stream that a proxy resets": { code: "INTERNAL" },
  "a stream that broke somehow": { code: "UNKNOWN" },
  "what was read too slowly": {
    code: "RESOURCE_EXHAUSTED",
    reason: "MAILBOX_FULL",
  },
};

for (const [name, loss] of Object.entries(LOSSES)) {
  test(`a watch outlives ${name}`, LIMIT, async (t) => {
    const scripts = [{ complete: 5n, ...loss }, loss, { complete: 6n }];
    const [fake, address] = await FakeWatches.start(t, scripts);
    const client = connected(t, address);
    const watched = new Watched(client.watch());
    assert.equal((await watched.next("snapshotComplete")).sequence, 5n);
    assert.equal((await watched.next("snapshotComplete")).sequence, 6n);
    assert.deepEqual(
      fake.asked.map(({ afterSequence }) => afterSequence),
      [0n, 5n, 5n],
    );
  });
}

test("a refusal ends a watch, once begun or not", LIMIT, async (t) => {
  const ends: Script[] = [
    { code: "INTERNAL", reason: "SOME_REASON" },
    { code: "UNKNOWN", reason: "SOME_REASON" },
    { code: "RESOURCE_EXHAUSTED", reason: "LIMIT_REACHED" },
    { code: "UNIMPLEMENTED" },
  ];
  for (const end of ends) {
    const scripts = [{ complete: 5n, ...end }, end];
    const [fake, address] = await FakeWatches.start(t, scripts);
    const client = connected(t, address);
    const watched = new Watched(client.watch());
    await watched.next("snapshotComplete");
    const begun = await failureOf(watched.end());
    const not = await failureOf(new Watched(client.watch()).end());
    for (const { code, reason } of [begun, not]) {
      assert.deepEqual([code, reason], [end.code, end.reason ?? ""]);
    }
    assert.equal(fake.asked.length, 2);
  }
});

test("a mistake within the loop is not taken for a loss", LIMIT, async (t) => {
  const [fake, address] = await FakeWatches.start(t, [{ complete: 5n }]);
  const client = connected(t, address);
  const events = client.watch()[Symbol.asyncIterator]() as AsyncGenerator;
  await events.next();
  const mistake = new TypeError("a mistake");
  const error = await failureOf(events.throw(mistake));
  assert.equal(error.cause, mistake);
  assert.equal(fake.asked.length, 1);
});

test("a place of another run is told, though it is held", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const first = client.watch({ kinds });
  await new Watched(first).next("snapshotComplete");
  await client.call("echo", 1);
  const { resumeAfter: afterSequence, epoch } = first;
  const same = new Watched(client.watch({ kinds, afterSequence, epoch }));
  assert.equal((await same.next("proxyCreated")).remoteId, 1n);
  const another = { kinds, afterSequence, epoch: epoch ^ 1n };
  const other = new Watched(client.watch(another));
  await other.next("notResumed");
  await other.next("proxyCreated");
  await other.next("snapshotComplete");
});

test("a loop that was left goes on in another", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const watch = client.watch({ kinds });
  for await (const event of watch) {
    if (event.kind === "snapshotComplete") break;
  }
  await client.call("echo", 1);
  const again = new Watched(watch);
  assert.equal((await again.next("proxyCreated")).remoteId, 1n);
});

test("a watch starts where it is told to", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const first = client.watch({ kinds });
  const watched = new Watched(first);
  await watched.next("snapshotComplete");
  await client.call("echo", 1);
  await client.call("counter", 1);
  await watched.next("proxyCreated");
  const afterSequence = first.resumeAfter;
  const second = new Watched(client.watch({ kinds, afterSequence }));
  assert.equal((await second.next("proxyCreated")).remoteId, 2n);
});

test("a place that is not held is told, or refused", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  const afterSequence = 2n ** 63n;
  const lenient = new Watched(client.watch({ kinds, afterSequence }));
  const lost = await lenient.next("notResumed");
  assert.equal(lost.afterSequence, afterSequence);
  await lenient.next("snapshotComplete");
  const strict = client.watch({ kinds, afterSequence, skipSnapshot: true });
  const error = await failureOf(new Watched(strict).end());
  assert.equal(error.code, "OUT_OF_RANGE");
  assert.equal(error.reason, "SEQUENCE_COMPACTED");
});

test("a cancelled watch ends, also while it is lost", LIMIT, async (t) => {
  const gateway = await Gateway.start(t);
  const client = gateway.connect(t, { backoff: { initialMs: 10_000 } });
  const watch = client.watch({ kinds });
  const watched = new Watched(watch);
  await watched.next("snapshotComplete");
  const waiting = watched.end();
  await gateway.stop("SIGKILL");
  watch.cancel();
  assert.equal((await waiting).done, true);
});

test("a watch cancelled within its loop tells no more", LIMIT, async (t) => {
  const client = (await Gateway.start(t)).connect(t);
  for (let i = 0; i < 3; ++i) await client.call("spawner", i);
  const watch = client.watch({ kinds });
  const seen: WatchEvent[] = [];
  for await (const event of watch) {
    seen.push(event);
    watch.cancel();
  }
  assert.equal(seen.length, 1);
});

test("a watch that never began is refused", LIMIT, async (t) => {
  const gateway = await Gateway.start(t);
  const client = gateway.connect(t);
  const endpoint = "elsewhere";
  const unknown = await failureOf(
    new Watched(client.watch({ endpoint })).end(),
  );
  assert.equal(unknown.reason, "ENDPOINT_UNKNOWN");
  await gateway.stop("SIGKILL");
  const gone = await failureOf(new Watched(client.watch()).end());
  assert.equal(gone.code, "UNAVAILABLE");
});
