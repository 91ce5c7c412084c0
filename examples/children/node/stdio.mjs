// What a child of thespian-gateway is but for its actors: it reads frames from
// stdin and writes frames to stdout. It needs the package cbor-x.
import { decode, decodeMultiple, encode } from "cbor-x";

export { decode, encode };

export const actors = new Map(); // by id: what takes a letter
const names = new Map();
const linked = new Set(); // the actors that someone has linked to
let fresh = 100;
let thespian = false; // the dialect

export function register(name, id, receive) {
  names.set(name, id);
  actors.set(id, receive);
}

// Adds an actor under a fresh id.
export function enter(receive) {
  const id = fresh++;
  actors.set(id, receive);
  return id;
}

// Ends an actor.
export function leave(id, reason) {
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
export function commandOf({ payload }) {
  try {
    const value = decode(payload);
    return Array.isArray(value) && value.length <= 2 ? value : [];
  } catch {
    return []; // cbor-x does not read all of CBOR
  }
}

// Sends to who sent the letter.
export function reply({ from, to }, payload) {
  if (from) writeWith(["send", ourId(to), theirId(from)], payload);
}

// Sends to the actor of that name on the gateway's side.
export function sendNamed(from, name, payload) {
  writeWith(["send_named", ourId(from), name], payload);
}

// Links an actor of ours to one on the gateway's side.
export function link(from, to) {
  write(encode(["link", ourId(from), theirId(to)]));
}

// A payload goes into its message as it is.
function writeWith(items, payload) {
  const head = encode(items).subarray(1);
  write(Buffer.concat([Buffer.from([0x84]), head, payload]));
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

function handle(message, { onLink, onExit }) {
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
  } else if (verb === "send_named" && names.has(second)) {
    deliver({ from, to: names.get(second), payload });
  } else if (verb === "send_named") {
    console.error(`no actor is named '${second}'`);
  } else if (verb === "link" && actors.has(numberOf(second))) {
    linked.add(numberOf(second));
    onLink(from, numberOf(second));
  } else if (verb === "link") {
    refuse(numberOf(second));
  } else if (verb === "exit") {
    onExit(from, second);
  }
}

// Does what the gateway says until stdin ends. When an actor on its side,
// `peer`, links itself to one of ours, onLink(peer, id) is called; when one has
// ended, onExit(peer, reason).
export async function run(options = {}) {
  thespian = options.dialect === "thespian";
  const nothing = () => {};
  const calls = { onLink: nothing, onExit: nothing, ...options };
  let waiting = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    waiting = Buffer.concat([waiting, chunk]);
    // A frame: 5a, its length in four bytes, and one message.
    while (
      waiting.length >= 5 &&
      waiting.length >= 5 + waiting.readUInt32BE(1)
    ) {
      const end = 5 + waiting.readUInt32BE(1);
      handle(waiting.subarray(5, end), calls);
      waiting = waiting.subarray(end);
    }
  }
  write(encode(["transport_error", "stdin_closed"]));
}
