from math import inf
from typing import Any

import pytest

from thespian_gateway import Backoff


@pytest.mark.parametrize(
    ("tries", "exact"), [(0, 0.5), (1, 1.0), (2, 2.0), (3, 3.0), (10**9, 3.0)]
)
def test_a_wait_grows_up_to_the_longest(tries: int, exact: float) -> None:
    backoff = Backoff(initial=0.5, longest=3.0, multiplier=2.0, jitter=0)
    assert backoff.wait(tries) == exact


def test_waits_are_spread_by_the_jitter() -> None:
    backoff = Backoff(initial=1.0, longest=1.0, jitter=0.5)

    waits = [backoff.wait(0) for _ in range(100)]

    assert 0.5 <= min(waits) < max(waits) <= 1.5
    assert len(set(waits)) > 1


@pytest.mark.parametrize(
    "options",
    [
        {"initial": 0.0},
        {"initial": 2.0, "longest": 1.0},
        {"longest": inf},
        {"initial": "1"},
        {"multiplier": 0.5},
        {"multiplier": 11.0},
        {"jitter": 1.5},
        {"jitter": -0.5},
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^({'|'.join(options)}) must be"):
        Backoff(**options)
