#!/usr/bin/env node
// A child of thespian-gateway with an echo, a counter and a spawner.
import { parseArgs } from "node:util";

import { Child } from "../../sdk/node/child.js";

const { dialect } = parseArgs({
  options: { dialect: { type: "string", default: "plain" } },
}).values;
const child = new Child({ dialect });
let counted = 0;

function echo(message) {
  message.reply(message.payload);
}

function count(message) {
  const [word, ...rest] = message.items();
  counted = word === "reset" && rest.length === 0 ? 0 : counted + 1;
  message.reply(["count", counted]);
}

function spawn(message) {
  const fresh = child.spawn(echoUntilExit);
  fresh.send(message.sender, ["hello", fresh.id]);
}

function echoUntilExit(message) {
  const [word, reason = "normal", ...rest] = message.items();
  if (word !== "exit" || typeof reason !== "string" || rest.length > 0)
    return echo(message);
  message.actor.exit(reason);
}

child.actor("echo", echo, 1);
child.actor("counter", count, 2);
child.actor("spawner", spawn, 4);
await child.run();
