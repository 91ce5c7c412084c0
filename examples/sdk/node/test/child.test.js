// A real child, over pipes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { assertLines, frame, GOODBYE, LIMIT, recorded, talk } from "./talk.js";

const source = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const SCENARIOS = [
  ...["then_by_id", "types_in_an_array", "link_then_die", "largest_id"],
  ...["link_to_a_dead_actor", "link_again_after_its_exit", "unknown_id"],
  ...["child_links_to_us", "child_links_and_dies", "child_sends_to_a_name"],
  ...["many_frames_in_one_write", "tag_as_bytes_and_long_ints"],
  "split_at_every_byte",
];

/** Actors of the thespian process whose conversations were recorded. */
const RECORDED = `
import { Child } from "./child.js";
const child = new Child({ dialect: "thespian" });
const echo = (message) => message.reply(message.payload);
const dier = (message) => {
  const [word, reason] = message.items();
  if (word === "die") message.actor.exit(reason);
  else echo(message);
};
child.actor("echo", echo, 2);
child.actor("dier", dier, 3);
child.actor("linker", (message) => {
  if (message.items()[0] !== "link_me") return dier(message);
  message.actor.link(message.sender);
  message.reply(["linked"]);
}, 4);
child.actor("namer", (message) => {
  const [, name, payload] = message.items();
  message.actor.sendNamed(name, payload);
}, 8);
await child.run();
`;

test("it says what a thespian process said", LIMIT, async () => {
  const played = recorded("transcripts.json").scenarios.filter(
    ({ name, generation }) =>
      generation === "thespian-32k" && SCENARIOS.includes(name),
  );
  assert.equal(played.length, SCENARIOS.length);
  for (const { name, steps } of played) {
    const all = (way) => steps.map((step) => step[way] ?? "").join("");
    const { code, said } = await talk(RECORDED, all("to_child"));
    assert.equal(said, all("from_child"), name);
    assert.equal(code, 0);
  }
});

const talker = (
  body,
  receive = "(message) => message.reply(message.payload)",
) => `
import { Child, Payload, WireError, FieldError } from "./child.js";
const child = new Child();
const a = child.actor("a", ${receive});
${body}
await child.run();
`;

const ASK = "5a00000010846a73656e645f6e616d656407616101"; // to "a", from 7: 1
const ANSWER = "5a00000009846473656e64010701";
const ENDED = "5a0000000c8364657869740764676f6e65"; // 7: "gone"
const LINK = "5a0000000883646c696e6b0701"; // 7 to 1
const LINKED = "5a0000000883646c696e6b0107"; // 1 to 7
const GONE = "5a0000000d846473656e64010764676f6e65"; // from 1 to 7: "gone"
const LEFT = "5a0000000e83646578697401666e6f726d616c"; // 1: "normal"
const FAILED = "5a0000001183646578697401" + "69" + "54797065" + "4572726f72";

test("an actor speaks", LIMIT, async () => {
  const reply = "(peer, why) => a.send(peer, why)";
  for (const [body, said, answer, receive] of [
    ["console.log('to people')", ASK, ANSWER],
    ["a.send(7, new Payload(Buffer.from([1])))", "", ANSWER],
    ["a.send(7n, 1); a.send(0, 1)", "", ANSWER],
    ["a.link(7)", "", LINKED],
    [`a.onExit = ${reply}`, LINK + ENDED, GONE],
    [`a.onExit = ${reply}`, ENDED, ""],
    [`child.onExit = ${reply}`, ENDED, GONE],
    [
      "a.exit('ü'.repeat(600))",
      "",
      `5a0000040a83646578697401790400${"c3bc".repeat(512)}`,
    ],
    [
      "",
      ASK + ASK,
      ANSWER.repeat(2),
      "async (m) => { await null; m.reply(1) }",
    ],
    // An error of an actor ends that one, for all that come after.
    ["", ASK + ASK, FAILED, "async () => null.what"],
  ]) {
    const ended = await talk(talker(body, receive), said);
    assert.equal(ended.said, answer + GOODBYE, body);
    assert.equal(ended.code, 0);
  }
});

test("a wrong argument is named, and nothing is written", LIMIT, async () => {
  const wrong = {
    "new Child({ dialect: 'klingon' })":
      "dialect: klingon; expected plain or thespian",
    "child.actor('a', () => {})": "name: a; expected a new one",
    "child.actor('b', () => {}, 1)": "id: 1; expected 2 to 99",
    "child.actor('b', () => {}, 100)": "id: 100; expected 2 to 99",
    "a.sendNamed('', 1)": "name: 0 bytes; expected 1 to 255",
    "a.sendNamed('ü'.repeat(128), 1)": "name: 256 bytes; expected 1 to 255",
    "a.send(2n ** 64n, 1)": "id: 18446744073709551616; expected 0 to 2^64 - 1",
    "a.link(-1)": "id: -1; expected 0 to 2^64 - 1",
    "a.link(2 ** 53)": "id: 9007199254740992; expected 0 to 2^64 - 1",
    "a.send(7, 'x'.repeat(4 << 20))":
      "frame: 4194317 bytes; expected at most 4194304",
    "a.send(7, Symbol())": "payload: symbol; expected what cbor-x can encode",
    "a.send(7, eval('['.repeat(65) + ']'.repeat(65)))":
      "payload: object; expected what cbor-x can encode",
    "new Payload(Buffer.from([128, 128]))":
      "payload: 8080; expected one CBOR item",
    "new Payload(Buffer.from([0x7f, 0xff])).value()":
      "payload: 7fff; expected what cbor-x can decode",
    "a.exit(); a.send(7, 1)": "actor: 1; expected one that lives",
    "a.exit()": "actor: 1; expected one that lives",
  };
  const tries = Object.keys(wrong).map(
    (body) => `try { ${body} } catch (error) { console.log(error.message) }`,
  );
  const { code, said, notes } = await talk(talker(tries.join("\n")), "");
  assert.equal(code, 0);
  assertLines(notes, Object.values(wrong));
  assert.equal(said, LEFT + GOODBYE);
});

test("a stream that breaks the protocol ends it", LIMIT, async () => {
  const hello = Buffer.from("hello\n").toString("hex");
  const { code, said, notes } = await talk(talker(""), ASK + hello);
  assert.equal(code, 1);
  assert.ok(said.startsWith(ANSWER));
  assert.match(
    Buffer.from(said, "hex").toString(),
    /transport_error.*an array/,
  );
  assert.match(notes, /WireError: content: 656c6c6f0a/);
});

/** Writes a lot at once when it is told to, and tells its peak of memory. */
const FLOOD = `
import { Child, Payload } from "./child.js";
const child = new Child();
const piece = Payload.of(Buffer.alloc(65_536));
child.actor("flood", (message) => {
  const [word, pieces] = message.items();
  if (word === "peak") return message.reply(process.resourceUsage().maxRSS);
  for (let i = 0; i < pieces; ++i) message.reply(piece);
});
await child.run();
`;

test("a writer waits for a slow reader", LIMIT, async () => {
  const pieces = 4096;
  const most = 128 * 1024; // KiB: half of all pieces, of 64 KiB
  const child = spawn(process.execPath, ["--input-type=module", "-e", FLOOD], {
    cwd: new URL("..", import.meta.url),
    stdio: ["pipe", "pipe", "inherit"],
    timeout: LIMIT.timeout,
  });
  const frames = framesOf(child.stdout);
  const ask = (payload) =>
    child.stdin.write(frame(Buffer.from(`846473656e640701${payload}`, "hex")));
  const answer = async () => (await frames.next()).value.subarray(8);
  ask("81647065616b"); // ["peak"]
  const before = number(await answer());
  ask("82657772697465191000"); // ["write", 4096]
  ask("81647065616b");
  for (let i = 0; i < pieces; ++i)
    assert.equal((await answer()).length, 5 + 65_536);
  const peak = number(await answer());
  assert.ok(peak > 0 && peak < before + most, `${before} KiB, then ${peak}`);
  child.stdin.end();
  const last = (await frames.next()).value;
  assert.equal(frame(last).toString("hex"), GOODBYE);
  const [code] = await once(child, "close");
  assert.equal(code, 0);
});

function number(payload) {
  assert.ok(payload[0] === 0x19 || payload[0] === 0x1a);
  return payload.readUIntBE(1, payload.length - 1);
}

async function* framesOf(stream) {
  let waiting = Buffer.alloc(0);
  for await (const chunk of stream) {
    waiting = Buffer.concat([waiting, chunk]);
    while (
      waiting.length >= 5 &&
      waiting.length >= 5 + waiting.readUInt32BE(1)
    ) {
      const end = 5 + waiting.readUInt32BE(1);
      yield waiting.subarray(5, end);
      waiting = waiting.subarray(end);
    }
  }
}

test("the README's example answers what the README says", LIMIT, async () => {
  const readme = source("../README.md");
  const [, program] = /```js\n(.*?)```/s.exec(readme);
  const [, name, asked, answer] =
    /\$ .\/thespianctl call (\w+) '(.*)'\n(.*)\n/.exec(readme);
  const { encode } = await import("cbor-x");
  const question = encode(["send_named", 7, name, JSON.parse(asked)]);
  const { said } = await talk(program, frame(question).toString("hex"));
  const wanted = encode(["send", 1, 7, JSON.parse(answer)]);
  assert.equal(said, frame(wanted).toString("hex") + GOODBYE);
});
