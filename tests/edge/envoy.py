"""A real Envoy with the configuration of docker/edge, but for its addresses."""

import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import yaml
from gateway import Address, await_that, Failure, PATIENCE_S, TOP

SHIPPED = TOP / "docker/edge"
ENVOY = pathlib.Path(sys.executable).parent / "envoy"
Change = Callable[[dict], None]


@dataclass(frozen=True)
class Setting:
    """What is not as it is shipped."""

    # The gateways of each cluster.
    clusters: dict[str, list[Address]]
    tls: bool = True
    changes: list[Change] = field(default_factory=list)

    @staticmethod
    def of(address: Address, **more: object) -> "Setting":
        """One gateway for everything."""
        names = ("pool", "shards", "database", "attached")
        return Setting({name: [address] for name in names}, **more)


def listener(config: dict, name: str) -> dict:
    """The listener of that name."""
    return _named(config["static_resources"]["listeners"], name)


def cluster(config: dict, name: str) -> dict:
    """The cluster of that name."""
    return _named(config["static_resources"]["clusters"], name)


def connections(config: dict) -> dict:
    """What says how the edge's connections are served."""
    (chain,) = listener(config, "edge")["filter_chains"]
    return chain["filters"][0]["typed_config"]


def http_filter(config: dict, name: str) -> dict:
    """What says what that filter does."""
    return _named(connections(config)["http_filters"], name)["typed_config"]


def place_of(config: dict, name: str) -> int:
    """The place of that filter among the others."""
    return [one["name"] for one in connections(config)["http_filters"]].index(
        name
    )


def _named(rows: list[dict], name: str) -> dict:
    (row,) = (row for row in rows if row["name"] == name)
    return row


def _socket_address(address: Address) -> dict:
    return {"socket_address": {"address": address[0], "port_value": address[1]}}


def _set_gateways(config: dict, name: str, addresses: list[Address]) -> None:
    endpoints = [
        {"endpoint": {"address": _socket_address(one)}} for one in addresses
    ]
    row = cluster(config, name)
    row["load_assignment"]["endpoints"] = [{"lb_endpoints": endpoints}]


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def configuration(setting: Setting, admin: Address) -> dict:
    """What is shipped, with other addresses."""
    config = yaml.safe_load((SHIPPED / "envoy.yaml").read_text())
    config["admin"]["address"] = _socket_address(admin)
    for name in ("edge", "stats"):
        listener(config, name)["address"] = _socket_address(("127.0.0.1", 0))
    _set_gateways(config, "admin", [admin])
    for name in ("pool", "shards", "database", "attached"):
        _set_gateways(config, name, setting.clusters.get(name, []))
    if not setting.tls:
        del listener(config, "edge")["filter_chains"][0]["transport_socket"]
    for change in setting.changes:
        change(config)
    return config


def _read(address: Address, path: str) -> str:
    host, port = address
    with urllib.request.urlopen(
        f"http://{host}:{port}{path}", timeout=PATIENCE_S
    ) as answer:
        return answer.read().decode()


class Envoy:
    """One Envoy, until it is ended. Its files are in the directory."""

    def __init__(self, directory: pathlib.Path, setting: Setting) -> None:
        self._directory = directory
        self._admin = ("127.0.0.1", free_port())
        self._config = directory / "envoy.json"
        tls = (SHIPPED / "tls.yaml").read_text()
        (directory / "tls.yaml").write_text(self._moved(tls))
        config = configuration(setting, self._admin)
        self._config.write_text(self._moved(json.dumps(config)))
        self._log = (directory / "envoy.log").open("wb")
        self._access = (directory / "access.log").open("wb")
        self._process = subprocess.Popen(
            [ENVOY, "-c", self._config, "--disable-hot-restart"]
            + ["--concurrency", "2", "--log-level", "warning"]
            + ["--file-flush-interval-msec", "100"],
            stdout=self._access,
            stderr=self._log,
        )
        try:
            await_that(self._is_ready, "envoy is ready")
        except Exception:
            self.end()
            raise
        self.address = self._address_of("edge")
        self.stats_address = self._address_of("stats")

    def _moved(self, text: str) -> str:
        return text.replace("/etc/envoy", str(self._directory))

    def _is_ready(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(self.log())
        try:
            return self.ask("/ready") == "LIVE\n"
        except OSError:
            return False

    def _address_of(self, name: str) -> Address:
        found = json.loads(self.ask("/listeners?format=json"))
        row = _named(found["listener_statuses"], name)
        where = row["local_address"]["socket_address"]
        return (where["address"], where["port_value"])

    def validate(self) -> None:
        """What `envoy --mode validate` says; it must be content.

        Of what runs, and of the file as it is shipped, which other readers of
        YAML may understand where Envoy does not.
        """
        shipped = self._directory / "shipped.yaml"
        shipped.write_text(self._moved((SHIPPED / "envoy.yaml").read_text()))
        for path in (shipped, self._config):
            done = subprocess.run(
                [ENVOY, "--mode", "validate", "-c", path],
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE_S,
            )
            said = done.stdout + done.stderr
            if done.returncode != 0 or "[warning]" in said:
                raise Failure(said)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def ask(self, path: str) -> str:
        """What the admin port answers."""
        return _read(self._admin, path)

    def figures(self) -> str:
        """What Prometheus reads."""
        return _read(self.stats_address, "/stats/prometheus")

    def figure(self, name: str) -> int:
        """One of its counters and gauges, which must be there."""
        (line,) = self.ask(f"/stats?filter=^{name}$").splitlines()
        return int(line.split()[1])

    def healthy(self, name: str) -> int:
        """How many gateways of a cluster are healthy."""
        return self.figure(f"cluster.{name}.membership_healthy")

    def accesses(self) -> list[dict]:
        """The lines of the access log."""
        text = (self._directory / "access.log").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def log(self) -> str:
        """What it has logged."""
        return (self._directory / "envoy.log").read_text(errors="replace")

    def end(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._access.close()


def make_descriptors(path: pathlib.Path) -> None:
    """As an operator would."""
    subprocess.run([SHIPPED / "descriptors.sh", path], check=True)


@contextlib.contextmanager
def open_edge(directory: pathlib.Path, setting: Setting) -> Iterator[Envoy]:
    """An Envoy with all that it needs in the directory but a certificate."""
    make_descriptors(directory / "api.binpb")
    edge = Envoy(directory, setting)
    try:
        yield edge
    finally:
        edge.end()
