import { GatewayError } from "./error.js";
import { MAX_TIMER_MS } from "./expiry.js";

/**
 * Exponential backoff with jitter, so that clients don't come in waves. The
 * n-th pause, counted from 0, is min(initialMs * multiplier ** n, longestMs),
 * and up to `jitter` of that less or more.
 */
export interface BackoffOptions {
  /** Default: 100. */
  initialMs?: number;
  /** Default: 10,000. */
  longestMs?: number;
  /** 1 to 10. Default: 1.6. */
  multiplier?: number;
  /** 0 to 1. Default: 0.2. */
  jitter?: number;
}

export class Backoff {
  readonly #options: Required<BackoffOptions>;
  readonly #random: () => number;

  /** `random`: as Math.random. Throws INVALID_ARGUMENT. */
  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = {
      initialMs: 100,
      longestMs: 10_000,
      multiplier: 1.6,
      jitter: 0.2,
      ...options,
    };
    this.#random = random;
    const { initialMs, longestMs, multiplier, jitter } = this.#options;
    check(
      0 < initialMs && initialMs <= longestMs,
      "0 < initialMs <= longestMs",
    );
    check(1 <= multiplier && multiplier <= 10, "1 <= multiplier <= 10");
    check(0 <= jitter && jitter <= 1, "0 <= jitter <= 1");
  }

  /** The pause, in ms, after so many tries that failed before. */
  pause(tries: number): number {
    const { initialMs, longestMs, multiplier, jitter } = this.#options;
    const exact = Math.min(initialMs * multiplier ** tries, longestMs);
    const pause = exact * (1 + jitter * (2 * this.#random() - 1));
    return Math.min(pause, MAX_TIMER_MS);
  }
}

function check(condition: boolean, rule: string): void {
  if (condition) return;
  throw new GatewayError("INVALID_ARGUMENT", `a backoff needs ${rule}`);
}
