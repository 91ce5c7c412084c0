// Starting a child, and speaking with it over pipes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export const HERE = new URL(".", import.meta.url);
export const LIMIT = { timeout: 60_000 };
export const GOODBYE =
  "5a0000001e826f7472616e73706f72745f6572726f726c737464696e5f636c6f736564";

/** What the tree has of the protocol's data. */
export function recorded(name) {
  const folder = process.env.THESPIAN_TEST_DATA ?? "../../../tests/data";
  return JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
}

export function frame(content) {
  const head = Buffer.from([0x5a, 0, 0, 0, 0]);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

/** What a child says to all that it is told, as hex; its notes; its code. */
export async function talk(program, said, ...options) {
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", program, "--", ...options],
    { cwd: new URL("..", HERE), timeout: LIMIT.timeout },
  );
  const [out, notes] = [[], []];
  child.stdout.on("data", (data) => out.push(data));
  child.stderr.on("data", (data) => notes.push(data));
  child.stdin.on("error", () => {}); // it may have ended
  child.stdin.end(Buffer.from(said, "hex"));
  const [code] = await once(child, "close");
  return {
    code,
    said: Buffer.concat(out).toString("hex"),
    notes: Buffer.concat(notes).toString(),
  };
}

/** Fails unless all of `wanted` are there, in this order, one a line. */
export function assertLines(notes, wanted) {
  const lines = notes.trim().split("\n");
  assert.equal(lines.length, wanted.length, notes);
  lines.forEach((line, i) => assert.ok(line.startsWith(wanted[i]), line));
}
