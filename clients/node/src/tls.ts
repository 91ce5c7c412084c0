import { readFileSync } from "node:fs";

import { type ChannelCredentials, credentials } from "@grpc/grpc-js";

import { GatewayError } from "./error.js";

/** How a connection is encrypted, and who vouches for whom. */
export interface TlsOptions {
  /** Encrypt, and trust the authorities that Node does. Default: false. */
  tls?: boolean;
  /** Encrypt, and trust these instead: certificates in PEM. */
  ca?: Pem;
  /** The client's own certificate, in PEM; with `key`. */
  cert?: Pem;
  /** The private key of `cert`, in PEM. */
  key?: Pem;
  /** Which the gateway's certificate must have, if not the address's host. */
  serverName?: string;
  /** gRPC's own, instead of all of these. */
  credentials?: ChannelCredentials;
}

/** A path, or the bytes themselves. */
export type Pem = string | Uint8Array;

/** Throws INVALID_ARGUMENT for what does not go together, or can't be read. */
export function toCredentials(options: TlsOptions): ChannelCredentials {
  const { tls, ca, cert, key, serverName } = options;
  const given = [ca, cert, key, serverName].some((one) => one !== undefined);
  if (options.credentials) {
    if (!tls && !given) return options.credentials;
    throw invalid("credentials: not with tls, ca, cert, key or serverName");
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid("cert and key: only together");
  }
  if (!tls && ca === undefined && cert === undefined) {
    if (serverName === undefined) return credentials.createInsecure();
    throw invalid("serverName: only with tls, ca or cert");
  }
  return credentials.createSsl(
    read("ca", ca),
    read("key", key),
    read("cert", cert),
  );
}

function read(option: string, pem: Pem | undefined): Buffer | null {
  if (pem === undefined) return null;
  const bytes =
    typeof pem === "string" ? readFile(option, pem) : Buffer.from(pem);
  if (bytes.includes("-----BEGIN ")) return bytes;
  throw invalid(`${option} must be PEM, or the path of a file with it`);
}

function readFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalid(`${option}: ${(error as Error).message}`);
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError("INVALID_ARGUMENT", message);
}
