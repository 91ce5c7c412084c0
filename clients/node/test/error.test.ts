import assert from "node:assert/strict";
import { test } from "node:test";

import { Metadata } from "@grpc/grpc-js";

import { fromGrpc, fromStatus } from "../src/error.js";
import {
  BadRequest,
  ErrorInfo,
  RetryInfo,
} from "../src/gen/google/rpc/error_details.js";
import { Status } from "../src/gen/google/rpc/status.js";

const RICH: Status = {
  code: 8,
  message: "the queue is full",
  details: [
    any("ErrorInfo", ErrorInfo, {
      reason: "QUEUE_FULL",
      domain: "thespian.gateway",
      metadata: { endpoint: "default" },
    }),
    any("RetryInfo", RetryInfo, {
      retryDelay: { seconds: 1n, nanos: 500_000_000 },
    }),
    any("BadRequest", BadRequest, {
      fieldViolations: [{ field: "to_id", description: "is 0" }],
    }),
  ],
};

interface Encoder<T> {
  encode(message: T): { finish(): Uint8Array };
}

function any<T>(name: string, type: Encoder<T>, message: T) {
  return {
    typeUrl: `type.googleapis.com/google.rpc.${name}`,
    value: Buffer.from(type.encode(message).finish()),
  };
}

/** As grpc-js ends a call. */
function grpcError(details: Buffer | undefined) {
  const metadata = new Metadata();
  if (details) metadata.set("grpc-status-details-bin", details);
  const message = "8 RESOURCE_EXHAUSTED: the queue is full";
  return Object.assign(new Error(message), {
    code: 8,
    details: "the queue is full",
    metadata,
  });
}

test("an error carries what its details say", () => {
  const bytes = Buffer.from(Status.encode(RICH).finish());
  for (const error of [fromGrpc(grpcError(bytes)), fromStatus(RICH)]) {
    assert.equal(error.code, "RESOURCE_EXHAUSTED");
    assert.equal(error.message, "the queue is full");
    assert.equal(error.reason, "QUEUE_FULL");
    assert.deepEqual(error.metadata, { endpoint: "default" });
    assert.deepEqual(error.violations, { to_id: "is 0" });
    assert.equal(error.retryDelayMs, 1500);
    assert.ok(error.retryable);
    assert.equal(String(error), "GatewayError: QUEUE_FULL: the queue is full");
  }
});

test("an error without details, or with garbage for them, has a code", () => {
  for (const details of [undefined, Buffer.from("ffff", "hex")]) {
    const error = fromGrpc(grpcError(details));
    assert.equal(error.code, "RESOURCE_EXHAUSTED");
    assert.equal(error.message, "the queue is full");
    assert.equal(error.reason, "");
    assert.ok(!error.retryable);
    assert.equal(
      String(error),
      "GatewayError: RESOURCE_EXHAUSTED: the queue is full",
    );
  }
});

test("what is no status is INTERNAL, and its cause is kept", () => {
  const cause = new TypeError("a bug");
  const error = fromGrpc(cause);
  assert.equal(error.code, "INTERNAL");
  assert.equal(error.cause, cause);
});

test("a code that is none is UNKNOWN", () => {
  assert.equal(
    fromStatus({ code: 4711, message: "", details: [] }).code,
    "UNKNOWN",
  );
});
