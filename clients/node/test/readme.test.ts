import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";

import { Gateway, LIMIT } from "./support/gateway.js";

const run = promisify(execFile);

/** The text of the first fenced block of that language. */
function block(readme: string, language: string): string {
  const fence = "```";
  const found = readme.split(`${fence}${language}\n`)[1]?.split(fence)[0];
  return found ?? assert.fail(`README.md has no block of ${language}`);
}

test("the README's example prints what the README says", LIMIT, async (t) => {
  const gateway = await Gateway.start(t);
  const readme = readFileSync("README.md", "utf8");
  // Beside package.json, so that it finds the package by its name.
  const file = `example-${process.pid}.mjs`;
  writeFileSync(file, block(readme, "js"));
  t.after(() => {
    rmSync(file);
  });
  const { stdout } = await run(process.execPath, [file, gateway.address], {
    timeout: 30_000,
  });
  const [command, ...shown] = block(readme, "console").split("\n");
  assert.match(command ?? "", /^\$ node example.mjs /);
  assert.equal(stdout, shown.join("\n"));
});
