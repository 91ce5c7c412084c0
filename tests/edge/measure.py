#!/usr/bin/env python3
"""What the edge costs: the figures of docs/scaling.md, in tables.

usage: measure.py [--seconds N]

Takes about two minutes, on a machine that has nothing else to do. Run it by the
python of ./dev edge. The client is one process on the same machine, so calls a
second are not what a gateway can do; what each call costs a process is.
"""

import argparse
import contextlib
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hostile"))

import many
import one
from api import Messages, SERVICE
from envoy import Envoy, make_descriptors, Setting
from gateway import Address, await_that, CTL, Gateway, memory_kb, TOP
from keys import make_certificate
from load import Caller, cpu_us

BARE = TOP / "build/bin/bare-server"
DEPTH = 64
DEPTH_EACH = 24  # for each of several gateways; a connection has 100 streams
ROUNDS = 5
WATCHERS = 8
Processes = dict[str, list[int]]


class Place:
    """Where a measurement has its files and its descriptors."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        certificate = make_certificate(directory / "tls")
        make_descriptors(directory / "api.binpb")
        self.messages = Messages(directory / "api.binpb")
        self.context = ssl.create_default_context(cadata=certificate.decode())
        takes, _ = self.messages.method("Call")
        payload = {"cbor": b"\x58\x3e" + bytes(62)}
        self.call = takes(to_name="echo", payload=payload).SerializeToString()

    def edge(self, addresses: list[Address]) -> Envoy:
        """An edge with these gateways."""
        names = ("pool", "shards", "database", "attached")
        clusters = dict.fromkeys(names, addresses)
        changes = [many.without_limit]
        edge = Envoy(self.directory, Setting(clusters, changes=changes))
        await_that(lambda: edge.healthy("pool") == len(addresses), "healthy")
        return edge

    def caller(self, address: Address, *, tls: bool) -> Caller:
        """A client of that address."""
        context = self.context if tls else None
        return Caller(address, f"/{SERVICE}/Call", self.call, context)


def measure(
    caller: Caller, processes: Processes, seconds: float, depth: int
) -> dict[str, float]:
    """One by one, and many at a time; what a call costs each process."""
    caller.run(0.3, depth)
    alone = caller.run(seconds / 2, 1)
    before = {name: sum(map(cpu_us, pids)) for name, pids in processes.items()}
    rate = caller.run(seconds, depth)
    figures = {"calls/s": rate.per_second(), "p50 us": alone.p50_us}
    for name, pids in processes.items():
        used = sum(map(cpu_us, pids)) - before[name]
        figures[f"{name} us/call"] = used / rate.calls
    return figures


def show(title: str, rows: list[dict[str, float]]) -> None:
    """The median of each figure."""
    middle = len(rows) // 2
    figures = {key: sorted(row[key] for row in rows)[middle] for key in rows[0]}
    text = ", ".join(f"{key} {value:,.1f}" for key, value in figures.items())
    print(f"{title}: {text}", flush=True)


def run_rounds(
    title: str,
    open_caller: Callable[[], Caller],
    processes: Processes,
    seconds: float,
    depth: int = DEPTH,
) -> None:
    """Measures again and again."""
    rows = []
    for _ in range(ROUNDS):
        caller = open_caller()
        rows.append(measure(caller, processes, seconds, depth))
        caller.close()
    show(title, rows)


def measure_calls(place: Place, seconds: float) -> None:
    """Direct and through the edge, of a gateway and of a bare server."""
    gateway = Gateway(place.directory, [one.DEMO_CHILD])
    ports = place.directory / "bare-ports"
    bare = subprocess.Popen([BARE, "--port-file", ports])
    try:
        await_that(lambda: ports.exists() and ports.read_text() != "", "bare")
        port = int(ports.read_text().split()[0].rpartition(":")[2])
        for name, address, pid in (
            ("gateway", gateway.address, gateway.pid),
            ("bare gRPC", ("127.0.0.1", port), bare.pid),
        ):
            run_rounds(
                f"{name}, direct",
                lambda address=address: place.caller(address, tls=False),
                {"server": [pid]},
                seconds,
            )
            # A bare server has no health.
            edge = (
                place.edge([address])
                if pid == gateway.pid
                else Envoy(place.directory, unwatched(address))
            )
            run_rounds(
                f"{name}, edge",
                lambda edge=edge: place.caller(edge.address, tls=True),
                {"server": [pid], "envoy": [edge.pid]},
                seconds,
            )
            edge.end()
    finally:
        bare.kill()
        bare.wait()
        gateway.kill()


def unwatched(address: Address) -> Setting:
    """An edge that does not ask for health."""

    def blind(config: dict) -> None:
        for row in config["static_resources"]["clusters"]:
            row.pop("health_checks", None)

    return Setting({"pool": [address]}, changes=[many.without_limit, blind])


def measure_gateways(place: Place, seconds: float) -> None:
    """One, two and four gateways behind the edge."""
    for count in (1, 2, 4):
        with contextlib.ExitStack() as stack:
            gateways = []
            for number in range(count):
                directory = place.directory / f"{count}-{number}"
                directory.mkdir()
                gateway = Gateway(directory, [one.DEMO_CHILD])
                stack.callback(gateway.kill)
                gateways.append(gateway)
            edge = place.edge([gateway.address for gateway in gateways])
            stack.callback(edge.end)
            run_rounds(
                f"{count} gateways",
                lambda edge=edge: place.caller(edge.address, tls=True),
                {
                    "gateways": [gateway.pid for gateway in gateways],
                    "envoy": [edge.pid],
                },
                seconds,
                DEPTH_EACH * count,
            )


def measure_memory(place: Place) -> None:
    """What a connection, and a stream of one that is there, take."""
    takes, _ = place.messages.method("Listen")
    content = takes().SerializeToString()
    gateway = Gateway(place.directory, [one.DEMO_CHILD])
    edge = place.edge([gateway.address])
    pids = {"envoy": edge.pid, "gateway": gateway.pid}
    callers: list[Caller] = []

    def grow(connections: int, streams: int) -> None:
        before = {name: memory_kb(pid, "VmRSS:") for name, pid in pids.items()}
        for _ in range(connections):
            caller = Caller(
                edge.address, f"/{SERVICE}/Listen", content, place.context
            )
            caller.start(streams)
            callers.append(caller)
        actors = sum(caller.streams for caller in callers)
        await_that(lambda: actors_of(gateway) == actors, "listeners")
        for name, pid in pids.items():
            grown = memory_kb(pid, "VmRSS:") - before[name]
            each = grown / (connections * streams)
            print(
                f"{connections} connections of {streams} streams,"
                f" {name}: {each:.1f} KB a stream",
                flush=True,
            )

    try:
        grow(10, 10)  # warm
        grow(400, 1)
        grow(20, 100)
    finally:
        for caller in callers:
            caller.close()
        edge.end()
        gateway.kill()


def measure_events(place: Place, seconds: float) -> None:
    """What an event takes on its way to a watcher. Each call makes two."""
    takes, _ = place.messages.method("WatchProxies")
    content = takes(skip_snapshot=True).SerializeToString()
    path = f"/{SERVICE}/WatchProxies"
    gateway = Gateway(place.directory, [one.DEMO_CHILD])
    edge = place.edge([gateway.address])
    caller = place.caller(gateway.address, tls=False)
    watchers = [
        Caller(edge.address, path, content, place.context)
        for _ in range(WATCHERS)
    ]
    threads = [threading.Thread(target=each.drain) for each in watchers]
    try:
        for watcher, thread in zip(watchers, threads, strict=True):
            watcher.start(1)
            thread.start()
        caller.run(0.5, DEPTH)
        before, bytes_before = (
            cpu_us(edge.pid),
            sum(w.received for w in watchers),
        )
        rate = caller.run(seconds, DEPTH)
        used = cpu_us(edge.pid) - before
        received = sum(w.received for w in watchers) - bytes_before
        told = 2 * rate.calls * WATCHERS
        print(
            f"{WATCHERS} watchers: {told / rate.seconds:,.0f} events/s in all,"
            f" envoy {used / told:.2f} us and {received / told:.0f} bytes each",
            flush=True,
        )
    finally:
        edge.end()
        for thread in threads:
            thread.join()
        gateway.kill()


def actors_of(gateway: Gateway) -> int:
    """How many clients are attached."""
    done = subprocess.run(
        [CTL, "--address", gateway.name, "actors"],
        capture_output=True,
        text=True,
        check=True,
    )
    return len(done.stdout.splitlines()) - 1


def main() -> None:
    """Measures all of it."""
    parser = argparse.ArgumentParser(description="what the edge costs")
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    for part in (
        lambda place: measure_calls(place, seconds),
        lambda place: measure_gateways(place, seconds),
        measure_memory,
        lambda place: measure_events(place, seconds),
    ):
        with tempfile.TemporaryDirectory() as directory:
            part(Place(pathlib.Path(directory)))


if __name__ == "__main__":
    main()
