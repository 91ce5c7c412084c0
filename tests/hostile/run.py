#!/usr/bin/env python3
"""Hostile clients against a gateway, one storm after the other.

usage: run.py [--short] [--only STORM]...

For each storm a gateway of its own is started, with 1,024 descriptors. While
the storm lasts, and after it, a bystander calls an actor of the child: every
call must be answered, but for the storms that use up what all share, where it
may be refused and must be answered when it comes again. Then the gateway must have given its memory back within
30 s, its books must balance, and it must end in order. Loopback only. Run by
./dev hostile, which brings the library h2.
"""

import argparse
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

import storms

TOP = pathlib.Path(__file__).resolve().parents[2]
GATEWAY = TOP / "build/bin/thespian-gateway"
CHILD = TOP / "build/bin/thespian-demo-child"
CTL = TOP / "build/bin/thespianctl"
DESCRIPTORS = 1_024
PATIENCE_S = 30.0
# Of the process that has done nothing, and what it may have more than that:
# what MemoryTrimmer does not look at, and a heap that is in pieces.
START_MB = 20
SLACK_MB = 64 + 16
# Connections and memory for requests are everybody's.
MAY_REFUSE = {"connections", "large_requests"}


class Failure(Exception):
    """What a storm has broken."""


class Gateway:
    """One gateway with the demo child."""

    def __init__(self, directory: pathlib.Path) -> None:
        ports = directory / "ports"
        self._log = (directory / "log").open("wb")
        self._process = subprocess.Popen(
            [GATEWAY, "--listen", "127.0.0.1:0", "--port-file", ports]
            + ["--max-frame-bytes", "8MiB", "--", CHILD],
            stderr=self._log,
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS)
            ),
        )
        await_that(lambda: ports.exists() and ports.read_text() != "", "serves")
        self.name = ports.read_text().split()[0]
        host, port = self.name.rsplit(":", 1)
        self.address = (host, int(port))

    def resident_mb(self) -> int:
        """What the process has of memory now."""
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(x for x in status.splitlines() if x.startswith("VmRSS:"))
        return int(line.split()[1]) >> 10

    def ask(self, *words: str) -> str:
        """What thespianctl prints."""
        done = subprocess.run(
            [CTL, "--address", self.name, *words],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        if done.returncode != 0:
            message = f"{' '.join(words)}: {done.stderr.strip()}"
            raise Failure(message)
        return done.stdout

    def end(self) -> None:
        """Ends it, which must go in order."""
        self._process.terminate()
        code = self._process.wait(PATIENCE_S)
        self._log.close()
        if code != 0:
            message = f"the gateway ended with {code}"
            raise Failure(message)

    def kill(self) -> None:
        """Ends it if it has not ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def await_that(holds: Callable[[], bool], what: str) -> None:
    """Waits until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            message = f"not within {PATIENCE_S:.0f} s: {what}"
            raise Failure(message)
        time.sleep(0.05)


class Bystander:
    """Calls an actor again and again, and keeps how long each call took."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.times: list[float] = []
        self.refused: list[str] = []
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.is_set():
            start = time.monotonic()
            try:
                self._gateway.ask("call", "echo", '["x"]')
            except (Failure, subprocess.TimeoutExpired) as error:
                self.refused.append(str(error))
            self.times.append(time.monotonic() - start)

    def end(self) -> None:
        """No more calls."""
        self._ending.set()
        self._thread.join()


def check_books(gateway: Gateway) -> None:
    """What was taken is what was written, dropped or waits."""
    rows = dict(
        line.split(None, 1)
        for line in gateway.ask("endpoint").splitlines()
        if len(line.split(None, 1)) == 2
    )
    counts = {
        name: int(rows[name])
        for name in ("accepted", "written", "dropped", "waiting", "refused")
        if rows.get(name, "").isdigit()
    }
    if "accepted" not in counts:
        message = f"no counters in {sorted(rows)}"
        raise Failure(message)
    sum_ = sum(count for name, count in counts.items() if name != "accepted")
    if counts["accepted"] != sum_:
        message = f"the books do not balance: {counts}"
        raise Failure(message)


def run_storm(name: str, scale: float, directory: pathlib.Path) -> str:
    """Runs one storm and returns what was seen."""
    gateway = Gateway(directory)
    try:
        bystander = Bystander(gateway)
        try:
            did = storms.ALL[name](gateway.address, scale)
            peak = gateway.resident_mb()
        finally:
            bystander.end()
        if bystander.refused and name not in MAY_REFUSE:
            raise Failure(bystander.refused[0])
        gateway.ask("call", "echo", '["after"]')
        await_that(
            lambda: gateway.resident_mb() <= START_MB + SLACK_MB,
            f"memory is given back (peak {peak} MB)",
        )
        settled = gateway.resident_mb()
        check_books(gateway)
        gateway.end()
    finally:
        gateway.kill()
    times = sorted(bystander.times)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    return (
        f"{did}; bystander {len(times)} calls, {len(bystander.refused)} refused,"
        f" p99 {p99 * 1e3:.0f} ms;"
        f" {peak} MB, then {settled} MB"
    )


def main() -> int:
    """Runs the storms; the exit code."""
    parser = argparse.ArgumentParser(description="hostile clients")
    parser.add_argument("--short", action="store_true", help="a tenth of it")
    parser.add_argument("--only", action="append", choices=sorted(storms.ALL))
    options = parser.parse_args()
    failed = 0
    for name in options.only or storms.ALL:
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory)
            try:
                seen = run_storm(name, 0.1 if options.short else 1, path)
                print(f"{name}: {seen}", flush=True)
            except Failure as error:
                failed += 1
                print(f"{name}: FAILED: {error}", flush=True)
                print((path / "log").read_text()[-2_000:])
    print(f"{len(options.only or storms.ALL) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
