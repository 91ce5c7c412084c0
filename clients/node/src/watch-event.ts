import { ProxyEventKind } from "./gen/thespian/gateway/v1/gateway.js";
import type { ProxyEvent } from "./gen/thespian/gateway/v1/gateway.js";

/** Where and when an event happened. */
export interface Occurrence {
  /**
   * Rises by one over the whole gateway. The rows of a snapshot carry 0n, its
   * end the sequence that it was taken at, a gap that of the last event missed.
   */
  sequence: bigint;
  time: Date | undefined;
  endpoint: string;
  incarnation: bigint;
}

/** What happened: "proxyCreated", "messageSent" and so on. */
export type ProxyEventName = Exclude<
  keyof ProxyEvent,
  keyof Occurrence | "heartbeat"
>;

type Told = {
  [Name in ProxyEventName]: { kind: Name } & Occurrence &
    NonNullable<ProxyEvent[Name]>;
};

/**
 * The watch lost its place: the gateway was started again, or does not hold
 * the events any more. What happened meanwhile is not told; what is there now
 * is, as a fresh snapshot.
 */
export interface NotResumed {
  kind: "notResumed";
  /** The last event that was told; 0n: none that one could go on from. */
  afterSequence: bigint;
}

/**
 * One thing that happened, with the fields that the .proto gives to its kind.
 * `snapshotComplete`: the events before are the state at that sequence, those
 * after it are news. `gap`: some message events were dropped.
 */
export type WatchEvent = Told[ProxyEventName] | NotResumed;

/** Undefined: a heartbeat, or of a kind that is newer than this client. */
export function toWatchEvent(event: ProxyEvent): WatchEvent | undefined {
  const { sequence, time, endpoint, incarnation, heartbeat, ...bodies } = event;
  if (heartbeat) return undefined;
  for (const [kind, body] of Object.entries(bodies)) {
    if (body === undefined) continue;
    const told = { kind, sequence, time, endpoint, incarnation, ...body };
    return told as WatchEvent;
  }
  return undefined;
}

/** "proxyCreated" as PROXY_EVENT_KIND_PROXY_CREATED. */
export function toKind(name: ProxyEventName): ProxyEventKind {
  const key = name.replace(/[A-Z]/g, "_$&").toUpperCase();
  return ProxyEventKind[key as keyof typeof ProxyEventKind];
}
