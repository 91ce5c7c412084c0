#!/usr/bin/env python3
"""Hostile clients and children against a gateway, one storm after the other.

usage: run.py [--short] [--edge] [--only STORM]...

For each storm a gateway of its own is started, with 1,024 descriptors. While a
client's storm lasts, and after it, a bystander calls an actor of the child:
every call must be answered, but for the storms that use up what all share, where
it may be refused and must be answered when it comes again. Where the child is
hostile (children.py) nobody else answers, so the bystanders are an attached
client, a watcher, the health service and calls that the gateway answers.

Then the memory must have been under the formula of docs/architecture.md all the
time, but for the storms that SECURITY.md names; it must be given back within
30 s; the books must balance, and the gateway must end in order. Loopback only.
Run by ./dev hostile, which brings the library h2.

With --edge the clients, hostile or not, are before an Envoy as docker/edge has
it, but for TLS, and no storm is excused; the short form has no hostile children
then. Run by ./dev edge.
"""

import argparse
import concurrent.futures
import contextlib
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

import storms
from children import ROWS, Row
from gateway import (
    CTL,
    GATEWAY,
    PATIENCE_S,
    TOP,
    Failure,
    Gateway,
    Load,
    await_settled,
    await_that,
    check_books,
    check_memory,
    memory_kb,
)

DEMO_CHILD = str(TOP / "build/bin/thespian-demo-child")
# Connections and memory for requests are everybody's.
MAY_REFUSE = {"connections", "large_requests"}
# What gRPC keeps of these is in no formula: see SECURITY.md.
UNBOUNDED = {"resets", "endless_headers"}
FRAME_MB = 8
# What an edge lets pass: requests, as large as they may be. Of the rest the
# gateway has seen next to nothing.
MAY_PASS = {"large_requests"}
UNTOUCHED_MB = 40
EDGE_MB = 1_024 + 128  # of its heap, and the rest
CHILD_OPTIONS = (
    *("--restart-delay", "20ms", "--restart-max-delay", "100ms"),
    *("--restart-limit", "0", "--stop-grace", "200ms", "--hang-timeout", "1s"),
)
ABREAST = 5  # in the short form


class Bystander:
    """Asks again and again, and keeps how long each answer took."""

    def __init__(self, gateway: Gateway, questions: list[list[str]]) -> None:
        self._gateway = gateway
        self._questions = questions
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.times: list[float] = []
        self.refused: list[str] = []
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.is_set():
            for question in self._questions:
                start = time.monotonic()
                try:
                    self._gateway.ask_as_client(*question)
                except (Failure, subprocess.TimeoutExpired) as error:
                    self.refused.append(str(error))
                self.times.append(time.monotonic() - start)

    def end(self) -> str:
        """No more calls. What was seen."""
        self._ending.set()
        self._thread.join()
        times = sorted(self.times)
        p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
        return (
            f"bystander {len(times)} calls, {len(self.refused)} refused,"
            f" p99 {p99 * 1e3:.0f} ms"
        )


class Attached:
    """Programs that hold a stream all the time: a client and a watcher."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        base = [CTL, "--address", gateway.front_name]
        self._programs = [
            subprocess.Popen(
                [*base, *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for words in (
                ["listen", "--name", "bystander"],
                # One of everything may be cut off, if it is slow.
                ["watch", "--kinds", "endpoint_state_changed"],
            )
        ]

    def check(self, *, may_be_slow: bool) -> None:
        """They still are there, or come again if they may have been slow."""
        for program in self._programs:
            if program.poll() is None:
                continue
            said = program.stderr.read()
            if not may_be_slow or b"MAILBOX_FULL" not in said:
                message = f"a bystander was cut off: {said!r}"
                raise Failure(message)
            self._gateway.ask_as_client(
                "watch", "--kinds", "snapshot_complete", "--count", "1"
            )

    def end(self) -> None:
        """They go."""
        for program in self._programs:
            program.kill()
            program.communicate()


class Pressure:
    """Clients that send to the child as fast as it goes, and come again."""

    def __init__(self, gateway: Gateway, clients: int = 4) -> None:
        self._gateway = gateway
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._press) for _ in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def _press(self) -> None:
        lines = ("x " + '["' + "y" * 500 + '"]\n') * 5_000
        while not self._ending.is_set():
            program = subprocess.Popen(
                [CTL, "--address", self._gateway.front_name, "attach"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            try:
                program.communicate(lines, timeout=2)
            except subprocess.TimeoutExpired:
                program.kill()
                program.communicate()

    def end(self) -> None:
        """No more of them."""
        self._ending.set()
        for thread in self._threads:
            thread.join()


def load_of(name: str, scale: float) -> Load:
    """What the formula is asked for: how much of it is under way at a time."""
    if name == "large_requests":  # up to --request-memory
        size = min(512, 200 * 4 * scale)
        return Load(max_frame_mb=FRAME_MB, requests_mb=size)
    if name == "unknown_methods":  # each is until its answer is written
        return Load(max_frame_mb=FRAME_MB, calls=int(60_000 * scale))
    if name == "huge_metadata":
        return Load(max_frame_mb=FRAME_MB, requests_mb=21)
    return Load(max_frame_mb=FRAME_MB)


def run_storm(
    name: str, scale: float, directory: pathlib.Path, *, edge: bool
) -> str:
    """Runs the storm of a client and returns what was seen."""
    options = ("--max-frame-bytes", f"{FRAME_MB}MiB")
    with contextlib.ExitStack() as stack:
        gateway = Gateway(directory, [DEMO_CHILD], options)
        stack.callback(gateway.kill)
        before = stack.enter_context(before_it(gateway, directory, edge=edge))
        did, seen = endure_storm(name, scale, gateway)
        if name in UNBOUNDED and not edge:
            peak, settled = gateway.peak_mb(), await_settled(gateway)
            bound = "no bound"
        else:
            load = load_of(name, scale)
            peak, settled = check_memory(gateway, load)
            bound = f"bound {load.bound_mb():.0f}"
        if edge and name not in MAY_PASS and peak > UNTOUCHED_MB:
            message = f"{peak} MB: the edge has let it pass"
            raise Failure(message)
        check_books(gateway)
        of_edge = before()
        gateway.end()
    return f"{did}; {seen}; {peak} MB ({bound}), then {settled} MB{of_edge}"


def endure_storm(name: str, scale: float, gateway: Gateway) -> tuple[str, str]:
    """Calls all through a storm: what the storm did, and what was seen."""
    bystander = Bystander(gateway, [["call", "echo", '["x"]']])
    try:
        did = storms.ALL[name](gateway.front, scale)
    finally:
        seen = bystander.end()
    if bystander.refused and name not in MAY_REFUSE:
        raise Failure(bystander.refused[0])
    gateway.ask_as_client("call", "echo", '["after"]')
    return did, seen


@contextlib.contextmanager
def before_it(
    gateway: Gateway, directory: pathlib.Path, *, edge: bool
) -> Iterator[Callable[[], str]]:
    """The edge, if there is one, and what is to be told of it."""
    if not edge:
        yield lambda: ""
        return
    sys.path.insert(0, str(TOP / "tests/edge"))
    from envoy import Setting, open_edge  # needs what ./dev edge brings

    with open_edge(directory, Setting.of(gateway.address, tls=False)) as one:
        name = "cluster.pool.membership_total"
        await_that(lambda: one.figure(name) == 1, "the edge knows of it")
        gateway.front = one.address
        yield lambda: f", edge {check_edge(one.pid)} MB"


def check_edge(pid: int) -> int:
    """The most memory that the edge ever had, which has a bound, too."""
    peak = memory_kb(pid, "VmHWM:") >> 10
    if peak > EDGE_MB:
        message = f"the edge had {peak} MB"
        raise Failure(message)
    return peak


def is_healthy(gateway: Gateway) -> bool:
    """What the health service says; it must say something."""
    done = subprocess.run(
        [GATEWAY, "healthcheck", "--listen", gateway.name],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode not in (0, 1):
        message = f"the health service: {done.stderr.strip()}"
        raise Failure(message)
    return done.returncode == 0


def endure(row: Row, scale: float, gateway: Gateway) -> str:
    """Lives beside a child until it has done what it is for."""
    attached = Attached(gateway)
    pressure = Pressure(gateway) if row.pressed else None
    bystander = Bystander(gateway, [["endpoints"], ["actors"], ["endpoint"]])
    try:
        await_that(lambda: row.is_seen(gateway, scale), "the child did it")
        is_healthy(gateway)
        time.sleep(5 * scale)
        # An edge takes longer for a first snapshot than the journal holds
        # what a child does that makes a million actors at once.
        has_edge = gateway.front != gateway.address
        attached.check(may_be_slow=has_edge and row.live)
    finally:
        seen = bystander.end()
        if pressure is not None:
            pressure.end()
        attached.end()
    if bystander.refused:
        raise Failure(bystander.refused[0])
    return seen


def run_row(
    name: str, scale: float, directory: pathlib.Path, *, edge: bool
) -> str:
    """Runs a hostile child and returns what was seen."""
    row = ROWS[name]
    with contextlib.ExitStack() as stack:
        gateway = Gateway(directory, row.command(scale), CHILD_OPTIONS)
        stack.callback(gateway.kill)
        stack.enter_context(before_it(gateway, directory, edge=edge))
        seen = endure(row, scale, gateway)
        gateway.ask("stop")
        if is_healthy(gateway):
            message = "it is healthy without a child"
            raise Failure(message)
        check_books(gateway)
        load = row.bound(scale, bystanders=1)
        peak, settled = check_memory(gateway, load)
        gateway.end()
    return f"{seen}; {peak} MB (bound {load.bound_mb():.0f}), then {settled} MB"


def run_one(name: str, scale: float, *, edge: bool) -> bool:
    """Runs a storm or a child, and tells of it. Whether all was well."""
    run = run_storm if name in storms.ALL else run_row
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory)
        start = time.monotonic()
        try:
            seen = run(name, scale, path, edge=edge)
        except Failure as error:
            log = (path / "log").read_text(errors="replace")[-2_000:]
            print(f"{name}: FAILED: {error}\n{log}", flush=True)
            return False
        took = time.monotonic() - start
        print(f"{name}: {seen}; {took:.1f} s", flush=True)
        return True


def main() -> int:
    """Runs the storms; the exit code."""
    names = [*storms.ALL, *ROWS]
    parser = argparse.ArgumentParser(description="hostile clients and children")
    parser.add_argument("--short", action="store_true", help="a tenth of it")
    parser.add_argument("--edge", action="store_true", help="through an edge")
    parser.add_argument("--only", action="append", choices=sorted(names))
    options = parser.parse_args()
    scale = 0.1 if options.short else 1.0
    # A child is not where the edge is: the short form leaves that out.
    few = options.edge and options.short
    chosen = options.only or (list(storms.ALL) if few else names)
    abreast = ABREAST if options.short else 1
    with concurrent.futures.ThreadPoolExecutor(abreast) as pool:
        went = list(
            pool.map(
                lambda name: run_one(name, scale, edge=options.edge), chosen
            )
        )
    print(f"{sum(went)} passed, {len(went) - sum(went)} failed")
    return 0 if all(went) else 1


if __name__ == "__main__":
    sys.exit(main())
