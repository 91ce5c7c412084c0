#!/usr/bin/env node
// A child of thespian-gateway with an echo, a counter and a spawner. It needs
// the package cbor-x.
import { parseArgs } from "node:util";

import { decode, decodeMultiple, encode } from "cbor-x";

const { dialect } = parseArgs({
  options: { dialect: { type: "string", default: "plain" } },
}).values;
if (!["plain", "thespian"].includes(dialect)) {
  throw new Error(`there is no dialect '${dialect}'`);
}
const thespian = dialect === "thespian";

const names = { echo: 1, counter: 2, spawner: 4 };
const actors = new Map([
  [1, echo],
  [2, count],
  [4, spawn],
]);
let counted = 0;
let fresh = 100;
const linked = new Set(); // the actors that someone has linked to

function echo(letter) {
  reply(letter, letter.payload);
}

function count(letter) {
  const [word, argument] = commandOf(letter);
  counted = word === "reset" && argument === undefined ? 0 : counted + 1;
  reply(letter, encode(["count", counted]));
}

function spawn(letter) {
  const id = fresh++;
  actors.set(id, echoUntilExit);
  reply({ ...letter, to: id }, encode(["hello", id]));
}

function echoUntilExit(letter) {
  const [word, reason = "normal"] = commandOf(letter);
  if (word !== "exit" || typeof reason !== "string") return echo(letter);
  leave(letter.to, reason);
}

function leave(id, reason) {
  actors.delete(id);
  // The gateway keeps the links. A thespian process keeps them as well, and
  // tells only those.
  if (!thespian || linked.has(id)) write(encode(["exit", ourId(id), reason]));
  linked.delete(id);
}

function refuse(id) {
  if (!id) return;
  // A thespian process says nothing of actors that are not there.
  if (thespian) console.error(`there is no actor ${id}`);
  else write(encode(["exit", id, "no_such_actor"]));
}

function ourId(id) {
  return thespian ? ["LPID", id] : id;
}

function theirId(id) {
  return thespian ? ["RPID", id] : id;
}

// The number of an id, in either of its written forms.
function numberOf(item) {
  return Array.isArray(item) ? item[1] : item;
}

// ["word"] or ["word", argument]; anything else is no command.
function commandOf({ payload }) {
  try {
    const value = decode(payload);
    return Array.isArray(value) && value.length <= 2 ? value : [];
  } catch {
    return []; // cbor-x does not read all of CBOR
  }
}

function reply({ from, to }, payload) {
  // A payload goes into its message as it is.
  const head = encode(["send", ourId(to), theirId(from)]).subarray(1);
  if (from) write(Buffer.concat([Buffer.from([0x84]), head, payload]));
}

function write(message) {
  const head = Buffer.from([0x5a, 0, 0, 0, 0]);
  head.writeUInt32BE(message.length, 1);
  process.stdout.write(Buffer.concat([head, message]));
}

function deliver(letter) {
  const receive = actors.get(letter.to);
  if (receive) receive(letter);
  else refuse(letter.to);
}

function handle(message) {
  // An array of two to four items, of which the fourth is a payload: it is cut
  // out, not decoded. What is before it takes as much room when encoded again,
  // for the gateway writes the shortest form, as cbor-x does.
  const items = [];
  decodeMultiple(message.subarray(1), (item) => items.push(item) < 3);
  const payload = message.subarray(encode(items).length);

  const [verb, first, second] = items;
  const from = numberOf(first);
  if (verb === "send") {
    deliver({ from, to: numberOf(second), payload });
  } else if (verb === "send_named" && Object.hasOwn(names, second)) {
    deliver({ from, to: names[second], payload });
  } else if (verb === "send_named") {
    console.error(`no actor is named '${second}'`);
  } else if (verb === "link" && actors.has(numberOf(second))) {
    linked.add(numberOf(second));
  } else if (verb === "link") {
    refuse(numberOf(second));
  }
  // "exit" tells that a local actor has ended: here nobody remembers any.
}

let waiting = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  waiting = Buffer.concat([waiting, chunk]);
  // A frame: 5a, its length in four bytes, and one message.
  while (waiting.length >= 5 && waiting.length >= 5 + waiting.readUInt32BE(1)) {
    const end = 5 + waiting.readUInt32BE(1);
    handle(waiting.subarray(5, end));
    waiting = waiting.subarray(end);
  }
}
write(encode(["transport_error", "stdin_closed"]));
