"""A gateway as a storm has it, and what must be so of it whatever happens."""

import pathlib
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

TOP = pathlib.Path(__file__).resolve().parents[2]
GATEWAY = TOP / "build/bin/thespian-gateway"
CTL = TOP / "build/bin/thespianctl"
DESCRIPTORS = 1_024
PATIENCE_S = 30.0
Address = tuple[str, int]
# Of the process that has done nothing, and what it may have more than that:
# what MemoryTrimmer does not look at, and a heap that is in pieces.
START_MB = 20
SLACK_MB = 64 + 16


class Failure(Exception):
    """What a storm has broken."""


@dataclass(frozen=True)
class Load:
    """What docs/architecture.md's formula for the memory asks for."""

    max_frame_mb: float = 4
    clients: int = 0  # attached or listening
    requests_mb: float = 0  # of clients and RPCs, all together
    calls: int = 0  # unary RPCs under way
    connections: int = 1_000  # there are not more descriptors
    watchers: int = 0
    proxies: int = 0
    links: int = 0

    def bound_mb(self) -> float:
        """The most that may be resident: the formula, for these figures."""
        mailbox = 4
        queue = max(8, 2 * (self.max_frame_mb + 1 / 16))
        used = (
            self.max_frame_mb
            + queue
            + self.clients * (2 * mailbox + 2)
            + self.requests_mb
            + self.calls * 16 / 1_024
            + self.connections * 45 / 1_024
            + self.watchers / 4
            + 33
            + (192 * self.proxies + 240 * self.links) / (1 << 20)
        )
        return START_MB + 2 * used


class Gateway:
    """One gateway with one child."""

    def __init__(
        self,
        directory: pathlib.Path,
        child: list[str],
        options: tuple[str, ...] = (),
    ) -> None:
        ports = directory / "ports"
        self._log_path = directory / "log"
        self._log = self._log_path.open("wb")
        self._process = subprocess.Popen(
            [GATEWAY, "--listen", "127.0.0.1:0", "--port-file", ports]
            + [*options, "--", *child],
            stderr=self._log,
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS)
            ),
        )
        await_that(lambda: ports.exists() and ports.read_text() != "", "serves")
        self.name = ports.read_text().split()[0]
        host, port = self.name.rsplit(":", 1)
        self.address = (host, int(port))
        # Where clients are: an edge before the gateway, if there is one.
        self.front = self.address

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def resident_mb(self) -> int:
        """What the process has of memory now."""
        return memory_kb(self.pid, "VmRSS:") >> 10

    def peak_mb(self) -> int:
        """The most that it ever had."""
        return memory_kb(self.pid, "VmHWM:") >> 10

    @property
    def front_name(self) -> str:
        """The address for clients, as they write it."""
        host, port = self.front
        return f"{host}:{port}"

    def log(self) -> str:
        """What it has logged."""
        return self._log_path.read_text(errors="replace")

    def ask(self, *words: str) -> str:
        """What thespianctl prints, which must not fail."""
        return _ask(self.name, *words)

    def ask_as_client(self, *words: str) -> str:
        """The same, where clients are."""
        return _ask(self.front_name, *words)

    def counters(self) -> dict[str, int]:
        """The numbers of thespianctl endpoint."""
        rows = (line.rsplit(None, 1) for line in self.ask("endpoint").splitlines())
        return {
            row[0].strip(): int(row[1])
            for row in rows
            if len(row) == 2 and row[1].isdigit()
        }

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


def _ask(address: str, *words: str) -> str:
    done = subprocess.run(
        [CTL, "--address", address, *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode != 0:
        message = f"{' '.join(words)}: {done.stderr.strip()}"
        raise Failure(message)
    return done.stdout


def memory_kb(pid: int, field: str) -> int:
    """A line of what the system says of a process's memory."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    line = next(x for x in status.splitlines() if x.startswith(field))
    return int(line.split()[1])


def await_that(holds: Callable[[], bool], what: str) -> None:
    """Waits until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            message = f"not within {PATIENCE_S:.0f} s: {what}"
            raise Failure(message)
        time.sleep(0.05)


def check_books(gateway: Gateway) -> None:
    """What was taken is written, dropped, refused or waits; what came is
    delivered, skipped or could not be; proxies are created, closed or live."""
    counts = gateway.counters()

    def sum_of(prefix: str, *names: str) -> int:
        by_reason = (n for name, n in counts.items() if name.startswith(prefix))
        return sum(by_reason) + sum(counts[name] for name in names)

    for name, sum_ in {
        "accepted": sum_of("dropped", "written", "waiting", "refused"),
        "received": sum_of("undeliverable", "delivered", "skipped"),
        "proxies_created": counts["proxies_closed"] + counts["proxies_live"],
    }.items():
        if counts[name] != sum_:
            message = f"the books do not balance: {name} of {counts}"
            raise Failure(message)


def check_memory(gateway: Gateway, load: Load) -> tuple[int, int]:
    """The peak, which is under the formula, and what is left of it."""
    peak = gateway.peak_mb()
    bound = load.bound_mb()
    if peak > bound:
        message = f"{peak} MB at most, over the formula's {bound:.0f} MB"
        raise Failure(message)
    return peak, await_settled(gateway)


def await_settled(gateway: Gateway) -> int:
    """What is resident once memory was given back, which takes 30 s at most."""
    await_that(
        lambda: gateway.resident_mb() <= START_MB + SLACK_MB,
        f"memory is given back (peak {gateway.peak_mb()} MB)",
    )
    return gateway.resident_mb()
