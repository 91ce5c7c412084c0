#!/usr/bin/env python3
"""The switchboard: what its README shows, and the diamond, broken at random.

Each run of the diamond (examples/switchboard/diamond.toml) has a gateway of
its own. Its four actors link themselves to each other, then calls go through
it, and after some of them one child is killed, or its actor ends. Each actor
that remains must be told once, and each child once of every id.

The last line is "N passed, N failed"; the exit code is 0 if none failed.
"""

import argparse
import asyncio
import random
import re
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from os import kill
from pathlib import Path
from signal import SIGKILL

from thespian_gateway import connect, Delivery, Gateway, GatewayError

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(TOP / "clients/conformance"))

from gateways import GatewayProcess  # noqa: E402

EXAMPLE = TOP / "examples/switchboard"
LIMIT = 60.0  # s, for each run
POLL = 0.01  # s
CALLERS = 3
MAX_CALLS = 40

CHILDREN = ("python", "go", "node", "cpp")
ANSWER = ["python", ["go", ["cpp"]], ["node", ["cpp"]]]
ENOUGH = "enough"
NO_SUCH_ACTOR = "no_such_actor"
# Where an end was told, of whom, and why.
End = tuple[str, int, str]
Ends = set[End]
TOLD = re.compile(r"endpoint (\w+): stderr: .*actor (\d+) has ended: (.*)")


@dataclass(frozen=True)
class Break:
    """What happens to one of the four, after so many calls."""

    victim: str
    calls: int
    by_kill: bool = True

    @property
    def reason(self) -> str:
        """What the others must be told."""
        return "transport_closed" if self.by_kill else ENOUGH


def breaks(runs: int, seed: int) -> list[Break]:
    """Each actor ends once; then `runs` children are killed."""
    chance = random.Random(seed)  # noqa: S311 (it need not be secret)
    ends = [Break(child, 0, by_kill=False) for child in CHILDREN]
    return ends + [
        Break(chance.choice(CHILDREN), chance.randrange(MAX_CALLS))
        for _ in range(runs)
    ]


class Traffic:
    """Calls through the diamond, of which some are counted."""

    def __init__(self, gateway: Gateway, calls: int) -> None:
        self._gateway = gateway
        self._left = calls
        self.enough = asyncio.Event()
        if calls == 0:
            self.enough.set()

    async def call(self) -> None:
        """Goes on until a call fails, or is cancelled."""
        with suppress(GatewayError):
            while True:
                reply = await self._gateway.call(
                    "python", ["call"], endpoint="python"
                )
                check("an answer", reply.payload, ANSWER)
                self._left -= 1
                if self._left <= 0:
                    self.enough.set()


def check(what: str, got: object, wanted: object) -> None:
    """Fails unless they are equal."""
    if got != wanted:
        raise AssertionError(f"{what}: {got}, expected {wanted}")


@asynccontextmanager
async def started(options: list[str]) -> AsyncIterator[GatewayProcess]:
    """A gateway, which must end with exit code 0."""
    process = GatewayProcess(options)
    try:
        await process.start()
        yield process
        await process.close()
    except BaseException:
        print(*process.last_lines(40), sep="\n")
        raise
    finally:
        await process.discard()


async def ids_to_tell(gateway: Gateway, broken: Break) -> set[tuple[str, int]]:
    """Where a station of another endpoint is known, and by which id."""
    found = {
        (actor.relayed.to_endpoint, actor.id)
        async for actor in gateway.local_actors()
        if actor.relayed.remote_id == 1
    }
    check("ids of the stations", len(found), 8)
    if not broken.by_kill:
        return found
    return {(where, actor) for where, actor in found if where != broken.victim}


async def hit(gateway: Gateway, broken: Break) -> None:
    """Ends the victim, or its actor."""
    victim = broken.victim
    if broken.by_kill:
        kill((await gateway.endpoint(victim)).pid, SIGKILL)
    else:
        await gateway.send_named(victim, ["exit", ENOUGH], endpoint=victim)


class Monitor:
    """The client that each actor says it to that it was told of an end."""

    def __init__(self) -> None:
        self.attached = asyncio.Event()
        self.told: Counter[tuple[str, object]] = Counter()

    async def listen(self, gateway: Gateway) -> None:
        """Returns when the gateway ends."""
        with suppress(GatewayError):
            async with gateway.attach(name="monitor") as actor:
                self.attached.set()
                async for event in actor:
                    if isinstance(event, Delivery):
                        self.told[event.endpoint, tuple(event.payload)] += 1


def exits(process: GatewayProcess) -> Counter[End]:
    """What the children were told: where, of whom, why."""
    found = filter(None, map(TOLD.search, process.lines()))
    return Counter((m[1], int(m[2]), m[3]) for m in found)


async def break_diamond(options: list[str], broken: Break) -> None:
    """One run."""
    monitor = Monitor()
    async with (
        started(options) as process,
        connect(process.address) as gateway,
        asyncio.TaskGroup() as group,
    ):
        listening = group.create_task(monitor.listen(gateway))
        await monitor.attached.wait()
        wanted = await break_and_await(process, gateway, broken)
        # What a child still has to say comes before the end of its stdout.
        await process.terminate()
        await listening
        check_told(broken, monitor, exits(process), wanted)


async def break_and_await(
    process: GatewayProcess, gateway: Gateway, broken: Break
) -> Ends:
    """Breaks the diamond; returns, once they are told, the ends to tell."""
    reply = await gateway.call("python", ["link"], endpoint="python")
    check("the answer", reply.payload, ANSWER)
    wanted = {
        (*where, broken.reason) for where in await ids_to_tell(gateway, broken)
    }
    traffic = Traffic(gateway, broken.calls)
    callers = [asyncio.create_task(traffic.call()) for _ in range(CALLERS)]
    await traffic.enough.wait()
    await hit(gateway, broken)
    while not wanted <= set(exits(process)):
        await asyncio.sleep(POLL)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    return wanted


def check_told(
    broken: Break, monitor: Monitor, told: Counter[End], wanted: Ends
) -> None:
    """Every actor was told once, and every child once of each id."""
    others = {child for child in CHILDREN if child != broken.victim}
    check(
        "actors that were told",
        monitor.told,
        {(other, ("told", other, broken.reason)): 1 for other in others},
    )
    # Whoever writes to an actor that has just ended is told that there is none,
    # also if it is told of its end.
    ends = Counter({end: told[end] for end in told if end[2] != NO_SUCH_ACTOR})
    check(
        "the stations' ends",
        {end: told[end] for end in wanted},
        dict.fromkeys(wanted, 1),
    )
    of_each = Counter((where, actor) for where, actor, _ in ends.elements())
    check("told twice", [key for key in of_each if of_each[key] > 1], [])


async def run_diamonds(options: list[str], planned: list[Break]) -> int:
    """How many runs failed."""
    failed = 0
    for number, broken in enumerate(planned):
        try:
            async with asyncio.timeout(LIMIT):
                await break_diamond(options, broken)
        except Exception:
            failed += 1
            print(f"FAILED run {number}, {broken}:", flush=True)
            traceback.print_exc(file=sys.stdout)
    return failed


def readme_holds(bin_dir: Path) -> bool:
    """Runs what the example's README shows."""
    test = TOP / "tests/integration/readme_test.py"
    options = ["--config", str(EXAMPLE / "gateway.toml")]
    done = subprocess.run(  # noqa: S603 (the test is ours)
        [test, TOP, bin_dir, EXAMPLE / "README.md", *options], check=False
    )
    return done.returncode == 0


def never_restarted() -> str:
    """The diamond, whose children stay as they ended."""
    return 'restart = "never"\n' + (EXAMPLE / "diamond.toml").read_text()


def main() -> int:
    """Prints what failed, and last how many passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="(default: 10)")
    parser.add_argument("--seed", type=int, default=15, help="(default: 15)")
    chosen = parser.parse_args()
    bin_dir = TOP / "build/bin"
    planned = breaks(chosen.runs, chosen.seed)
    failed = 0 if readme_holds(bin_dir) else 1
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "gateway.toml"
        file.write_text(never_restarted())
        options = [str(bin_dir / "thespian-gateway"), "--config", str(file)]
        failed += asyncio.run(run_diamonds(options, planned))
    hits = Counter(broken.victim for broken in planned if broken.by_kill)
    print("killed:", ", ".join(f"{c} {hits[c]} times" for c in CHILDREN))
    print(f"{len(planned) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
