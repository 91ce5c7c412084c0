/** What the API gives, as clients/conformance/README.md writes it. */
import { decode, Delivery, Exited, Reply } from "../src/index.js";

const ENUM_PREFIX = /^(ENDPOINT_STATE|PROXY_CLOSE_CAUSE)_/;

export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** "proxy_created" as "proxyCreated". */
export function camel(name: string): string {
  return name.replace(/_[a-z]/g, (pair) => pair.slice(1).toUpperCase());
}

/** Fields in snake case, enumerators without their prefix. */
export function toSeen(value: unknown): unknown {
  if (typeof value === "string") return value.replace(ENUM_PREFIX, "");
  if (Array.isArray(value)) return value.map(toSeen);
  if (value instanceof Uint8Array || value instanceof Date) return value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => [snake(key), toSeen(each)]),
  );
}

/** The fields of a message that came, with its payload decoded. */
export function messageSeen(message: Reply | Delivery): unknown {
  return { ...(toSeen(message) as object), payload: message.payload };
}

/** An event's fields; `payload` of a watch is CBOR, or empty. */
export function eventSeen(event: object): unknown {
  if (event instanceof Delivery) return messageSeen(event);
  if (event instanceof Exited) {
    return { ...(toSeen(event) as object), details: event.details };
  }
  const seen = toSeen(event) as Record<string, unknown>;
  const { payload } = seen;
  if (payload instanceof Uint8Array && payload.length > 0) {
    seen.payload = decode(payload);
  }
  return seen;
}
