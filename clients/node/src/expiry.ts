import { GatewayError } from "./error.js";

/** Node takes more for 1 ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `expired` with DEADLINE_EXCEEDED after `deadlineMs`, unless what is
 * returned is called before.
 */
export function expire(
  deadlineMs: number,
  what: string,
  expired: (error: GatewayError) => void,
): () => void {
  const timer = setTimeout(
    () => {
      expired(
        new GatewayError(
          "DEADLINE_EXCEEDED",
          `${what} within ${deadlineMs} ms`,
        ),
      );
    },
    Math.min(deadlineMs, MAX_TIMER_MS),
  );
  return () => {
    clearTimeout(timer);
  };
}
