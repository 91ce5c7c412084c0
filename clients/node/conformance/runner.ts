/**
 * Does the scenarios that come as JSON lines on stdin, one after the other, and
 * tells of each on stdout. See clients/conformance/README.md.
 */
import { createInterface } from "node:readline";

import type { TlsOptions } from "../src/index.js";
import { Scenario, type Step } from "./scenario.js";

interface Task {
  address: string;
  tls?: TlsOptions;
  scenario: { name: string; steps: Step[] };
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function write(message: object): void {
  process.stdout.write(JSON.stringify(message) + "\n");
}

async function ask(action: string): Promise<void> {
  write({ ask: action });
  const line = await lines.next();
  const answer = line.done ? {} : (JSON.parse(line.value) as { done?: string });
  if (answer.done !== action) throw new Error(`the driver did not ${action}`);
}

async function run({ address, tls, scenario }: Task): Promise<void> {
  let detail = "";
  try {
    await new Scenario(address, tls, ask).run(scenario.steps);
  } catch (error) {
    detail = error instanceof Error ? error.message : String(error);
  }
  write({ name: scenario.name, pass: detail === "", detail });
}

for (let line = await lines.next(); !line.done; line = await lines.next()) {
  await run(JSON.parse(line.value) as Task);
}
