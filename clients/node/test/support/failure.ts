import assert from "node:assert/strict";

import { GatewayError } from "../../src/index.js";

/** The GatewayError that a call or a stream ends with. */
export async function failureOf(what: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await what.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GatewayError, `not a failure: ${String(error)}`);
  return error;
}

/** Of what throws at once. */
export function thrownBy(what: () => unknown): GatewayError {
  try {
    what();
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}
