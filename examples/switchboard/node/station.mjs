#!/usr/bin/env node
// A station: asks the next ones, and answers with its name and what they said.
//
// usage: station.mjs NAME [NEXT...]
//
// It is the Node child of examples/children with another actor; ../README.md
// says what that understands.
import {
  actors,
  commandOf,
  decode,
  encode,
  enter,
  leave,
  link,
  register,
  reply,
  run,
  sendNamed,
} from "../../children/node/stdio.mjs";

const station = 1;
const [name, ...following] = process.argv.slice(2);
const linked = new Set();

// An actor that asks one after the other, answers, and ends.
function ask(letter) {
  const [word] = commandOf(letter);
  const answers = [];
  const me = enter((answer) => {
    if (word === "link") {
      linked.add(answer.from);
      link(station, answer.from);
    }
    answers.push(decode(answer.payload));
    askNext();
  });
  function askNext() {
    if (answers.length < following.length) {
      sendNamed(me, following[answers.length], letter.payload);
    } else {
      reply(letter, encode([name, ...answers]));
      leave(me, "normal");
    }
  }
  askNext();
}

function receive(letter) {
  const [word, reason] = commandOf(letter);
  if (word === "call" || word === "link") ask(letter);
  else if (word === "exit") leave(station, String(reason));
}

function onExit(peer, reason) {
  console.error(`actor ${peer} has ended: ${reason}`);
  if (!linked.has(peer) || !actors.has(station)) return;
  sendNamed(station, "monitor", encode(["told", name, reason]));
  leave(station, reason);
}

register(name, station, receive);
await run({
  onLink: (peer, id) => id === station && linked.add(peer),
  onExit,
});
