import { Metadata } from "@grpc/grpc-js";

import type { Speaker } from "./actor.js";
import { GatewayError } from "./error.js";

/**
 * What an RPC carries besides its request, by key: lower case, and ending with
 * "-bin" if the value is bytes. A key may have several values.
 */
export type MetadataInit = Readonly<
  Record<string, MetadataValue | readonly MetadataValue[]>
>;

export type MetadataValue = string | Uint8Array;

const TOKEN_KEY = "x-actor-token";
const ENDPOINT_KEY = "x-thespian-endpoint";
const GATEWAY_KEY = "x-thespian-gateway";

/** Throws INVALID_ARGUMENT for what metadata can't be. */
export function addAll(to: Metadata, init: MetadataInit = {}): void {
  for (const [key, values] of Object.entries(init)) {
    for (const value of isMany(values) ? values : [values]) {
      add(to, key, value);
    }
  }
}

/** Lets the gateway know who speaks, and proxies which gateway that is. */
export function addSpeaker(to: Metadata, from: Speaker | undefined): void {
  if (from === undefined) return;
  add(to, TOKEN_KEY, from.token);
  if (from.gateway) add(to, GATEWAY_KEY, from.gateway);
}

/** What a proxy calls the gateway that a stream has come to; empty: nothing. */
export function gatewayIn(header: Metadata): string {
  const [gateway] = header.get(GATEWAY_KEY);
  return typeof gateway === "string" ? gateway : "";
}

/**
 * Lets proxies know which endpoint a request is about. A name that metadata
 * can't have is the gateway's to refuse.
 */
export function addEndpoint(to: Metadata, request: unknown): void {
  const { endpoint } = request as { endpoint?: unknown };
  if (typeof endpoint === "string" && /^[ -~]+$/.test(endpoint)) {
    to.set(ENDPOINT_KEY, endpoint);
  }
}

function isMany(
  values: MetadataValue | readonly MetadataValue[],
): values is readonly MetadataValue[] {
  return Array.isArray(values);
}

function add(to: Metadata, key: string, value: MetadataValue): void {
  try {
    to.add(key, typeof value === "string" ? value : Buffer.from(value));
  } catch (error) {
    throw new GatewayError(
      "INVALID_ARGUMENT",
      `metadata: ${JSON.stringify(key)}: ${(error as Error).message}`,
      { reason: "FIELD_INVALID", cause: error },
    );
  }
}
