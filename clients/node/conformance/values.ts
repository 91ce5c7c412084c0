/** The value forms of clients/conformance/README.md. */
import { type Id, Raw } from "../src/index.js";

export type Json =
  null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a form may refer to. */
export interface Scope {
  saved: Map<string, unknown>;
  /** Of a step or an event with `times`. */
  index: number;
}

/** The form of `{"$name": argument}`, if `json` is one. */
export function formOf(json: Json): [name: string, argument: Json] | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return;
  const [first, ...others] = Object.entries(json);
  return first?.[0].startsWith("$") && others.length === 0 ? first : undefined;
}

/** What a form that may be sent stands for. */
const FORMS: Record<string, (argument: Json, scope: Scope) => unknown> = {
  $bytes: (hex) => new Uint8Array(Buffer.from(textOf(hex), "hex")),
  $int: (decimal) => BigInt(textOf(decimal)),
  $text: (parts) => {
    const [text, times] = parts as [string, number];
    return text.repeat(times);
  },
  $var: (name, { saved }) => {
    const key = textOf(name);
    if (!saved.has(key)) throw new Error(`nothing was saved as ${key}`);
    return saved.get(key);
  },
  $index: (_, { index }) => index,
};

export function isValueForm(name: string): boolean {
  return name in FORMS;
}

/** The plain value that `json` describes. */
export function valueOf(json: Json, scope: Scope): unknown {
  const form = formOf(json);
  if (form) {
    const [name, argument] = form;
    const make = FORMS[name];
    if (!make) throw new Error(`${name} is no form of a value`);
    return make(argument, scope);
  }
  if (Array.isArray(json)) return json.map((each) => valueOf(each, scope));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, each]) => [key, valueOf(each, scope)]),
  );
}

export function payloadOf(json: Json, scope: Scope): unknown {
  const form = formOf(json);
  if (form?.[0] === "$raw") return new Raw(Buffer.from(textOf(form[1]), "hex"));
  return valueOf(json, scope);
}

/** An id, an incarnation or a sequence. */
export function idOf(json: Json | undefined, scope: Scope): Id {
  const id = valueOf(json ?? 0, scope);
  if (typeof id === "number" || typeof id === "bigint") return id;
  throw new Error(`${show(id)} is no id`);
}

export function textOf(json: Json | undefined): string {
  if (json === undefined) return "";
  if (typeof json === "string") return json;
  throw new Error(`${show(json)} is no text`);
}

/** For people. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? Number(each) : each,
  );
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
