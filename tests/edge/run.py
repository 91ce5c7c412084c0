#!/usr/bin/env python3
"""A real Envoy, as docker/edge configures it, in front of real gateways.

usage: run.py [--short] [--only GROUP]...

Each group starts gateways and an Envoy of its own, on ports of the kernel's
choice, and checks one thing after the other. The long form also waits for what
takes minutes. Loopback only. Run by ./dev edge, which brings Envoy.
"""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import tempfile
import time
import traceback
from collections.abc import Callable

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hostile"))

import browser
import many
import one
import pages
import people

Check = Callable[..., None]
ABREAST = 4


def run_check(group: str, check: Check, *arguments: object) -> bool:
    """Runs one check and tells of it. Whether all was well."""
    start = time.monotonic()
    what = f"{group}: {check.__name__}"
    try:
        check(*arguments)
    except Exception:
        print(f"{what}: FAILED\n{traceback.format_exc()}", flush=True)
        return False
    print(f"{what}: {time.monotonic() - start:.1f} s", flush=True)
    return True


def run_one(directory: pathlib.Path, *, short: bool) -> list[bool]:
    """One gateway."""
    checks = [
        one.validate,
        one.grpc_calls,
        one.listener_speaks,
        one.others_live_on,
        one.grpc_errors,
        one.web_calls,
        one.web_origins,
        one.json_calls,
        one.large_payloads,
        one.json_streams,
        one.never_ejected,
        one.told,
        *([] if short else [one.heartbeats, one.slow_headers]),
        one.new_certificate,
    ]
    with one.world(directory) as w:
        return [run_check("one", check, w) for check in checks]


def run_limited(directory: pathlib.Path, *, short: bool) -> list[bool]:
    """One gateway, and an address that asks too often."""
    del short
    with one.world(directory, one.one_each_minute) as w:
        return [run_check("limited", one.rate_limited, w)]


def run_people(directory: pathlib.Path, *, short: bool) -> list[bool]:
    """One gateway, and people with tokens."""
    del short
    checks = [people.taken_or_not, people.roles, people.by_each_way]
    with people.guarded_world(directory) as (w, signer):
        w.edge.validate()
        return [run_check("people", check, w, signer) for check in checks]


def run_pages(directory: pathlib.Path, *, short: bool) -> list[bool]:
    """One gateway, and pages in a browser, if there is one."""
    if short and browser.program() is None:
        print("pages: not tried, there is no browser", flush=True)
        return []
    checks = [pages.page_calls, pages.page_may_not]
    with pages.pages(directory) as p:
        return [run_check("pages", check, p) for check in checks]


ROUTING = [many.spread, many.one_place, many.shards, many.affinity]


def run_fleet(count: int, checks: list[Check]) -> Callable[..., list[bool]]:
    """A group of so many gateways."""

    def run(directory: pathlib.Path, *, short: bool) -> list[bool]:
        del short
        with many.fleet(directory, count) as f:
            return [run_check(f"{count} gateways", one, f) for one in checks]

    return run


GROUPS = {
    "one": run_one,
    "limited": run_limited,
    "people": run_people,
    "pages": run_pages,
    "two-drain": run_fleet(2, [*ROUTING, many.drain_loses_none]),
    "two-sends": run_fleet(2, [many.drain_loses_no_send]),
    "two-kill": run_fleet(2, [many.kill_loses_none]),
    "four": run_fleet(
        4,
        [
            *ROUTING,
            many.drain_loses_none,
            many.kill_loses_none,
            many.kill_loses_what_was_under_way,
        ],
    ),
    "four-told": run_fleet(
        4,
        [
            many.shards_move,
            many.shard_drains,
            many.kill_is_told,
            many.drain_is_told,
        ],
    ),
}


def run_group(name: str, *, short: bool) -> list[bool]:
    """Runs a group in a directory of its own."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            return GROUPS[name](pathlib.Path(directory), short=short)
        except Exception:
            print(f"{name}: FAILED\n{traceback.format_exc()}", flush=True)
            return [False]


def main() -> int:
    """Runs the groups; the exit code."""
    parser = argparse.ArgumentParser(description="the edge")
    parser.add_argument(
        "--short", action="store_true", help="not what takes long"
    )
    parser.add_argument("--only", action="append", choices=sorted(GROUPS))
    options = parser.parse_args()
    chosen = options.only or list(GROUPS)
    with concurrent.futures.ThreadPoolExecutor(ABREAST) as pool:
        went = list(
            pool.map(lambda name: run_group(name, short=options.short), chosen)
        )
    passed = [one for group in went for one in group]
    print(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
