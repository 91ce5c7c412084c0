#!/usr/bin/python3
"""The driver: every client, child, dialect and scenario; see README.md."""

import argparse
import asyncio
import fnmatch
import json
import os
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from access import (
    Access,
    ACCESSES,
    CLIENT,
    HOST,
    OPEN,
    opened,
    RESTART_HOST,
)
from dialects import adapt, DIALECTS, gateway_options, holds, Scenario, with_ids
from gateways import GatewayError, GatewayProcess
from runners import Runner, RunnerError

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
SCRIPTED = "scripted"
ALONE = "alone"
POOL = "pool"
MEMBERS = 2
# A client, a child, a dialect, and how the child is served.
Kind = tuple[str, str, str, str]


@dataclass(frozen=True)
class Run:
    """One scenario with one client, one child, one dialect, served one way."""

    client: str
    child: str
    dialect: str
    served: str
    scenario: Scenario

    def __str__(self) -> str:
        where = f"{self.client} / {self.child} / {self.dialect}"
        return f"{where} / {self.served} / {self.scenario['name']}"


@dataclass
class Tally:
    """How many runs there were of each kind, and how many passed."""

    runs: Counter[Kind] = field(default_factory=Counter)
    passed: Counter[Kind] = field(default_factory=Counter)
    broken: int = 0  # failures of no run: programs

    def note(self, run: Run, passed: bool) -> None:
        """Counts one run."""
        kind = run.client, run.child, run.dialect, run.served
        self.runs[kind] += 1
        self.passed[kind] += passed

    def cell(self, kind: Kind) -> str:
        """Passed of run; "-" if there was nothing to run."""
        runs = self.runs[kind]
        return f"{self.passed[kind]}/{runs}" if runs else "-"

    @property
    def failed(self) -> int:
        """Of all runs and programs."""
        return self.runs.total() - self.passed.total() + self.broken


def read_scenarios(pattern: str) -> list[Scenario]:
    """The scenarios whose names match, in the order of their files."""
    scenarios = [
        scenario
        for path in sorted((HERE / "scenarios").glob("*.json"))
        for scenario in json.loads(path.read_text())
    ]
    names = Counter(scenario["name"] for scenario in scenarios)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise SystemExit(f"scenarios of the same name: {', '.join(twice)}")
    return [s for s in scenarios if fnmatch.fnmatch(s["name"], pattern)]


def plan(scenarios: list[Scenario], chosen: argparse.Namespace) -> list[Run]:
    """What is to be run."""
    access = chosen.access
    return [
        Run(client, child, dialect, served, adapt(scenario, dialect, access))
        for turn, client in enumerate(chosen.client)
        for dialect in chosen.dialect
        for number, scenario in enumerate(scenarios)
        if holds(scenario, dialect, access)
        if not chosen.short or in_short(scenario, number + turn)
        for served in scenario.get("served", [ALONE])
        if served in chosen.served
        for child in (
            chosen.child if scenario["child"] == "any" else [SCRIPTED]
        )
    ]


def in_short(scenario: Scenario, turn: int) -> bool:
    """What is of one access is for each client, the rest for every second."""
    if scenario["child"] != "any":
        return False
    return "access" in scenario or turn % 2 == 0


def is_there(argv: list[str]) -> bool:
    """Whether a program, and the script it runs, are there."""
    if shutil.which(argv[0]) is None:
        return False
    return all(Path(part).exists() for part in argv[1:])


def child_argv(run: Run, programs: dict[str, Any]) -> list[str]:
    """The command line of the child of a run."""
    if run.child != SCRIPTED:
        return [*programs["children"][run.child], "--dialect", run.dialect]
    verbs = [script_verb(verb, run.dialect) for verb in run.scenario["child"]]
    return [programs["scripted_child"], f"dialect:{run.dialect}", *verbs]


def script_verb(form: str | dict[str, Any], dialect: str) -> str:
    """A verb of scripted-child, or what stands for one."""
    if isinstance(form, str):
        return form
    import cbor2  # noqa: PLC0415 (Debian's; only scripts need it)

    content = cbor2.dumps(with_ids(expand(form["write"]), dialect))
    frame = b"\x5a" + len(content).to_bytes(4, "big") + content
    return f"repeat:{form.get('times', 1)}:{frame.hex()}"


def expand(form: Any) -> Any:
    """A value of a script: `$text` is all that one needs."""
    match form:
        case {"$text": [text, times]}:
            return text * times
        case list():
            return [expand(item) for item in form]
    return form


class Driver:
    """Does the runs, some at a time."""

    def __init__(
        self, programs: dict[str, Any], access: Access, tally: Tally
    ) -> None:
        self._programs = programs
        self._access = access
        self._tally = tally

    async def run_all(self, runs: list[Run], jobs: int) -> None:
        """Returns when all are done."""
        waiting = iter(runs)
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(self._work(waiting))

    async def _work(self, waiting: Any) -> None:
        runners: dict[str, Runner] = {}
        for run in waiting:
            if run.client not in runners:
                argv = self._programs["clients"][run.client]
                runners[run.client] = Runner(argv)
            await self._run(run, runners[run.client])
        for client, runner in runners.items():
            try:
                await runner.close()
            except RunnerError as error:
                self._tally.broken += 1
                print(f"FAILED {client}, the runner: {error}")

    def _gateway(self, run: Run) -> GatewayProcess:
        steps = run.scenario["steps"]
        restarts = any(step["do"] == "gateway" for step in steps)
        has_tls = bool(self._access.tls)  # which a Unix socket has not
        return GatewayProcess(
            [
                self._programs["gateway"],
                *self._access.gateway_options,
                *gateway_options(run.scenario, run.dialect),
            ],
            child_argv(run, self._programs),
            replicas=MEMBERS if run.served == POOL else 0,
            unix=restarts and not has_tls,
            host=RESTART_HOST if restarts else HOST,
        )

    async def _run(self, run: Run, runner: Runner) -> None:
        gateway = self._gateway(run)
        shown = run.scenario.get("certificate", CLIENT)
        actions = {
            "kill": gateway.kill,
            "terminate": gateway.terminate,
            "start": gateway.start,
        }
        try:
            await gateway.start()
            detail = await runner.run(
                gateway.address,
                run.scenario,
                lambda name: actions[name](),
                self._access.tls.get(shown),
            )
            await gateway.close()
        except GatewayError as error:
            detail = str(error)
        except RunnerError as error:
            detail = f"the runner: {error}"
        finally:
            lines = gateway.last_lines()
            await gateway.discard()
        self._tally.note(run, passed=not detail)
        if detail:
            print(f"FAILED {run}: {detail}")
            print(*(f"    {line}" for line in lines), sep="\n", flush=True)


def print_matrix(
    tally: Tally, dialect: str, served: str, chosen: argparse.Namespace
) -> None:
    """Passed and run, a row for each client, a column for each child."""
    children = [*chosen.child, *([SCRIPTED] if served == ALONE else [])]
    title = [dialect]
    title += [chosen.access] if chosen.access != OPEN else []
    title += [served] if served != ALONE else []
    print(", ".join(title).ljust(14), *(f"{child:>10}" for child in children))
    for client in chosen.client:
        cells = [
            tally.cell((client, child, dialect, served)) for child in children
        ]
        print(client.ljust(14), *(f"{cell:>10}" for cell in cells))


def parse() -> tuple[argparse.Namespace, dict[str, Any]]:
    """The command line, and the programs that it names."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = {
        "client": "clients",
        "child": "children",
        "dialect": "dialects",
        "served": "ways",
    }
    for kind in kinds:
        parser.add_argument(
            f"--{kind}", action="append", help="only this one; repeatable"
        )
    parser.add_argument(
        "--access",
        choices=ACCESSES,
        default=OPEN,
        help="how gateways are reached: without TLS and rules, or with both",
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help="one child, one dialect, no scripts; most scenarios with every "
        "second client",
    )
    parser.add_argument(
        "--only", default="*", metavar="GLOB", help="scenarios by name"
    )
    parser.add_argument(
        "--programs",
        type=Path,
        default=HERE / "programs.json",
        help="where the programs are; relative to the top of the tree",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=2 * (os.cpu_count() or 1),
        help="runs at a time (default: two for each core)",
    )
    chosen = parser.parse_args()
    programs = json.loads(chosen.programs.read_text())
    there = programs | {"dialects": DIALECTS, "ways": (ALONE, POOL)}
    for kind, plural in kinds.items():
        names = getattr(chosen, kind) or list(there[plural])
        unknown = [name for name in names if name not in there[plural]]
        if unknown:
            parser.error(f"there is no {kind} '{unknown[0]}'")
        setattr(chosen, kind, names)
    if chosen.short:
        shorten(chosen)
    return chosen, programs


def shorten(chosen: argparse.Namespace) -> None:
    """Of what is chosen the first child and dialect, and no pool."""
    chosen.child = chosen.child[:1]
    chosen.dialect = chosen.dialect[:1]
    chosen.served = [ALONE]


def drop_missing(
    names: list[str], programs: dict[str, list[str]], tally: Tally
) -> list[str]:
    """Those that are built; every other one is a failure."""
    for name in names:
        if not is_there(programs[name]):
            tally.broken += 1
            print(f"FAILED {name}: {' '.join(programs[name])} is not there")
    return [name for name in names if is_there(programs[name])]


def main() -> int:
    """Prints a matrix for each dialect, and last how many passed."""
    chosen, programs = parse()
    os.chdir(TOP)
    tally = Tally()
    chosen.client = drop_missing(chosen.client, programs["clients"], tally)
    chosen.child = drop_missing(chosen.child, programs["children"], tally)
    runs = plan(read_scenarios(chosen.only), chosen)
    with opened(chosen.access) as access:
        driver = Driver(programs, access, tally)
        asyncio.run(driver.run_all(runs, chosen.jobs))
    for served in chosen.served:
        for dialect in chosen.dialect:
            print_matrix(tally, dialect, served, chosen)
    print(f"{tally.passed.total()} passed, {tally.failed} failed")
    return 0 if runs and tally.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
