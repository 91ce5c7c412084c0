#!/usr/bin/env node
// A child of thespian-gateway with an echo, a counter and a spawner.
import { parseArgs } from "node:util";

import {
  commandOf,
  encode,
  enter,
  leave,
  register,
  reply,
  run,
} from "./stdio.mjs";

const { dialect } = parseArgs({
  options: { dialect: { type: "string", default: "plain" } },
}).values;
if (!["plain", "thespian"].includes(dialect)) {
  throw new Error(`there is no dialect '${dialect}'`);
}

let counted = 0;

function echo(letter) {
  reply(letter, letter.payload);
}

function count(letter) {
  const [word, argument] = commandOf(letter);
  counted = word === "reset" && argument === undefined ? 0 : counted + 1;
  reply(letter, encode(["count", counted]));
}

function spawn(letter) {
  const id = enter(echoUntilExit);
  reply({ ...letter, to: id }, encode(["hello", id]));
}

function echoUntilExit(letter) {
  const [word, reason = "normal"] = commandOf(letter);
  if (word !== "exit" || typeof reason !== "string") return echo(letter);
  leave(letter.to, reason);
}

register("echo", 1, echo);
register("counter", 2, count);
register("spawner", 4, spawn);
await run({ dialect });
