#!/usr/bin/env node
// A station: asks the next ones, and answers with its name and what they said.
//
// usage: station.mjs NAME [NEXT...]
//
// It ends when an actor that it is linked to ends. ../README.md says what it
// understands.
import { Child } from "../../sdk/node/child.js";

const [name, ...following] = process.argv.slice(2);
const child = new Child();

// An actor that asks one after the other, answers, and ends.
function ask(question) {
  const [word] = question.items();
  const answers = [];
  const me = child.spawn((answer) => {
    if (word === "link") station.link(answer.sender);
    answers.push(answer.payload.value());
    askNext();
  });
  function askNext() {
    if (answers.length < following.length) {
      me.sendNamed(following[answers.length], question.payload);
    } else {
      question.reply([name, ...answers]);
      me.exit();
    }
  }
  askNext();
}

const station = child.actor(name, (message) => {
  const [word, reason] = message.items();
  if (word === "call" || word === "link") ask(message);
  else if (word === "exit") station.exit(String(reason));
});

station.onExit = (_peer, reason) => {
  station.sendNamed("monitor", ["told", name, reason]);
  station.exit(reason);
};

child.onExit = (peer, reason) =>
  console.log(`actor ${peer} has ended: ${reason}`);

await child.run();
