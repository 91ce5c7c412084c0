"""How long to wait before the next try."""

import random
from dataclasses import dataclass

from . import arguments


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with jitter, so that clients don't come in waves.

    The n-th wait, counted from 0, is min(initial * multiplier**n, longest),
    in seconds, and up to `jitter` of it (0 to 1) less or more.
    """

    initial: float = 0.1
    longest: float = 10.0
    multiplier: float = 1.6
    jitter: float = 0.2

    def __post_init__(self) -> None:
        arguments.seconds("initial", self.initial)
        arguments.seconds("longest", self.longest, self.initial)
        arguments.number("multiplier", self.multiplier, 1, 10)
        arguments.number("jitter", self.jitter, 0, 1)

    def wait(self, tries: int) -> float:
        """How many seconds to wait after so many tries that failed before."""
        # Further doublings change nothing, but would overflow.
        exact = self.initial * self.multiplier ** min(tries, 100)
        spread = random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311
        return min(exact, self.longest) * spread
