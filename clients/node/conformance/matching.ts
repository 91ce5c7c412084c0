import { formOf, isValueForm, type Json, type Scope } from "./values.js";
import { show, valueOf } from "./values.js";

/** What was seen is not what was expected. */
export class Mismatch extends Error {}

/** Throws Mismatch unless `seen` matches; saves what `expected` names. */
export function match(
  expected: Json,
  seen: unknown,
  scope: Scope,
  path = "",
): void {
  const form = formOf(expected);
  if (form && !isValueForm(form[0])) {
    matchForm(form, seen, scope, path);
  } else if (form) {
    check(equal(valueOf(expected, scope), seen), expected, seen, path);
  } else if (Array.isArray(expected)) {
    const same = Array.isArray(seen) && seen.length === expected.length;
    check(same, expected, seen, path);
    expected.forEach((each, i) => {
      match(each, (seen as unknown[])[i], scope, `${path}[${i}]`);
    });
  } else if (typeof expected === "object" && expected !== null) {
    const isObject = typeof seen === "object" && seen !== null;
    check(isObject && !Array.isArray(seen), expected, seen, path);
    for (const [key, each] of Object.entries(expected)) {
      check(Object.hasOwn(seen as object, key), expected, seen, path);
      const field = (seen as Record<string, unknown>)[key];
      match(each, field, scope, `${path}.${key}`);
    }
  } else {
    check(equal(expected, seen), expected, seen, path);
  }
}

function matchForm(
  [name, argument]: [string, Json],
  seen: unknown,
  scope: Scope,
  path: string,
): void {
  const expected = { [name]: argument };
  switch (name) {
    case "$any":
      return;
    case "$save":
      scope.saved.set(argument as string, seen);
      return;
    case "$contains": {
      const contains = (text: string) => text.includes(argument as string);
      const does = typeof seen === "string" && contains(seen);
      check(does, expected, seen, path);
      return;
    }
    case "$length":
      check(Array.isArray(seen), expected, seen, path);
      match(argument, (seen as unknown[]).length, scope, `${path}.length`);
      return;
    case "$above": {
      const bound = valueOf(argument, scope);
      const above = isNumber(seen) && isNumber(bound) && seen > bound;
      check(above, expected, seen, path);
      return;
    }
    default:
      throw new Error(`${name} is no form of what is expected`);
  }
}

function check(ok: boolean, expected: Json, seen: unknown, path: string): void {
  if (ok) return;
  throw new Mismatch(
    `${path} expected ${show(expected)}, seen ${show(seen)}`.trim(),
  );
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** Of numbers the value counts, not the type. */
function equal(expected: unknown, seen: unknown): boolean {
  if (isNumber(expected) && isNumber(seen)) {
    return !(expected < seen) && !(expected > seen);
  }
  if (expected instanceof Uint8Array && seen instanceof Uint8Array) {
    return Buffer.compare(expected, seen) === 0;
  }
  if (Array.isArray(expected) && Array.isArray(seen)) {
    const same = (each: unknown, i: number) => equal(each, seen[i]);
    return expected.length === seen.length && expected.every(same);
  }
  return expected === seen;
}
