"""Several gateways behind one address: who is asked, and what a death costs."""

import base64
import collections
import contextlib
import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
from api import Api, Messages, Metadata
from envoy import Envoy, http_filter, make_descriptors, Setting
from gateway import await_that, Failure, Gateway
from keys import make_certificate
from one import DEMO_CHILD, expect, JSON, refused, secure_channel

SHARDS = 4  # that are there
NAMES = [f"shard-{i}" for i in range(64)]  # most are not
CALLERS = 8


@dataclass
class Fleet:
    """Gateways and the edge in front of them."""

    gateways: dict[str, Gateway]  # by address
    edge: Envoy
    api: Api
    open_channel: Callable[[], grpc.Channel]

    def one_that_serves(self) -> str:
        """The address of the first that lives."""
        return next(iter(self.gateways))

    def remove(self, how: Callable[[Gateway], None], address: str) -> None:
        """It ends, in order or not."""
        how(self.gateways.pop(address))

    def await_members(self) -> None:
        """The edge knows who is there."""
        alive = len(self.gateways)
        await_that(lambda: self.edge.healthy("pool") == alive, "health")
        await_that(lambda: self.edge.healthy("shards") == alive, "health")


def settings_file(directory: pathlib.Path, number: int) -> pathlib.Path:
    """What a gateway has: a pool, shards, and one of them the database."""
    names = ["default", *NAMES[:SHARDS]]
    if number == 0:
        names.append("database")
    path = directory / "gateway.toml"
    path.write_text(
        'restart-delay = "10ms"\n'
        + "".join(
            f'[endpoint."{name}"]\ncommand = ["{DEMO_CHILD}"]\n'
            for name in names
        )
    )
    return path


def without_limit(config: dict) -> None:
    """One address asks for all."""
    limits = http_filter(config, "envoy.filters.http.local_ratelimit")
    many = {
        "max_tokens": 10**6,
        "tokens_per_fill": 10**6,
        "fill_interval": "1s",
    }
    limits["token_bucket"] = limits["descriptors"][0]["token_bucket"] = many


@contextlib.contextmanager
def fleet(directory: pathlib.Path, count: int) -> Iterator[Fleet]:
    """All of it, until the block ends."""
    certificate = make_certificate(directory / "tls")
    make_descriptors(directory / "api.binpb")
    with contextlib.ExitStack() as stack:
        gateways = {}
        for number in range(count):
            place = directory / str(number)
            place.mkdir()
            options = ("--config", str(settings_file(place, number)))
            gateway = Gateway(place, [], options)
            stack.callback(gateway.kill)
            gateways[gateway.name] = gateway
        addresses = [one.address for one in gateways.values()]
        clusters = {
            "pool": addresses,
            "shards": addresses,
            "attached": addresses,
            "database": addresses[:1],
        }
        edge = Envoy(directory, Setting(clusters, changes=[without_limit]))
        stack.callback(edge.end)

        def open_channel() -> grpc.Channel:
            return stack.enter_context(secure_channel(edge, certificate))

        api = Api(Messages(directory / "api.binpb"), open_channel())
        made = Fleet(gateways, edge, api, open_channel)
        made.await_members()
        yield made


def named(endpoint: str) -> Metadata:
    """What our clients set for proxies."""
    return [("x-thespian-endpoint", endpoint)]


def gateway_in(metadata: Metadata) -> str:
    """The address of the gateway that answered, as the edge tells it."""
    return base64.b64decode(dict(metadata)["x-thespian-gateway"]).decode()


# ---------------------------------------------------------------- routing


def spread(f: Fleet) -> None:
    """Calls that any gateway can answer go to all of them."""
    asked = collections.Counter()
    for _ in range(200):
        stream = f.api.stream("WatchProxies", endpoint="default")
        asked[gateway_in(stream.initial_metadata())] += 1
        stream.cancel()
    expect("asked", set(asked), set(f.gateways))
    if min(asked.values()) < 100 / len(f.gateways):
        message = f"not spread: {asked}"
        raise Failure(message)


def one_place(f: Fleet) -> None:
    """An endpoint that lives in one gateway is found there, by the header."""
    for _ in range(20):
        f.api.echo("[1]", named("database"), endpoint="database")
    elsewhere = collections.Counter()
    for _ in range(40):
        with contextlib.suppress(grpc.RpcError):
            f.api.echo("[1]", endpoint="database")
            elsewhere["found"] += 1
    expect("without the header", 0 < elsewhere["found"] < 40, True)


def shards(f: Fleet) -> None:
    """Each shard is in one gateway, as its counter knows."""
    for name in NAMES[:SHARDS]:
        counts = [
            f.api.ask(
                "Call",
                named(name),
                endpoint=name,
                to_name="counter",
                payload=JSON,
                reply_encoding="PAYLOAD_ENCODING_JSON",
            ).payload.json
            for _ in range(20)
        ]
        expect(name, counts, [f'["count",{i + 1}]' for i in range(20)])
    places = shard_places(f)
    expect("used", set(places.values()), set(f.gateways))


def shard_places(f: Fleet) -> dict[str, str]:
    """Where each name is looked for, whether it is there or not."""
    seen = len(f.edge.accesses())
    for name in NAMES:
        with contextlib.suppress(grpc.RpcError):
            f.api.ask("GetEndpoint", named(name), endpoint=name)

    def rows() -> list[dict]:
        return [row for row in f.edge.accesses()[seen:] if row["endpoint"]]

    def is_logged() -> bool:
        return {row["endpoint"] for row in rows()} >= set(NAMES)

    await_that(is_logged, "the access log")
    return {
        row["endpoint"]: row["gateway"] for row in rows() if row["endpoint"]
    }


def affinity(f: Fleet) -> None:
    """A listener's calls reach its gateway, by the header that it was given."""
    refusals = 0
    for _ in range(20):
        stream = f.api.stream("Listen")
        where = dict(stream.initial_metadata())["x-thespian-gateway"]
        heard = f.api.events(stream)
        opened = next(heard).opened
        token = [("x-actor-token", opened.token)]
        call = {
            "endpoint": "default",
            "to_name": "echo",
            "payload": JSON,
            "from_id": opened.actor_id,
        }
        f.api.ask("SendNamed", [*token, ("x-thespian-gateway", where)], **call)
        expect("delivery", next(heard).WhichOneof("event"), "delivery")
        try:
            f.api.ask("SendNamed", token, **call)
        except grpc.RpcError as error:
            expect("reason", f.api.reason(error), "ACTOR_NOT_YOURS")
            refusals += 1
        stream.cancel()
    expect("without the header", 0 < refusals < 20, True)


# ----------------------------------------------------------------- deaths


class Load:
    """Clients that call all the time, and how each call ended."""

    def __init__(self, f: Fleet, call: Callable[[Api], object]) -> None:
        self._call = call
        self._ending = threading.Event()
        self.ends: collections.Counter[tuple[str, str]] = collections.Counter()
        self.slowest = 0.0
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(
                target=self._run, args=(Api(f.api.messages, f.open_channel()),)
            )
            for _ in range(CALLERS)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, api: Api) -> None:
        while not self._ending.is_set():
            start = time.monotonic()
            end = ("OK", "")
            try:
                self._call(api)
            except grpc.RpcError as error:
                end = (error.code().name, api.reason(error))
            with self._lock:
                self.ends[end] += 1
                self.slowest = max(self.slowest, time.monotonic() - start)

    def await_calls(self, count: int) -> None:
        """So many more calls have ended well."""
        goal = self.ends[("OK", "")] + count
        await_that(lambda: self.ends[("OK", "")] >= goal, "calls")

    def end(self) -> None:
        """No more of them."""
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def lost(self) -> dict[tuple[str, str], int]:
        """Those that failed."""
        return {end: n for end, n in self.ends.items() if end[0] != "OK"}


def call_pool(api: Api) -> None:
    """What may be done twice."""
    api.echo("[1]", endpoint="default")


def send_pool(api: Api) -> None:
    """What must not be done twice."""
    fields = {"endpoint": "default", "to_name": "echo", "payload": JSON}
    api.ask("SendNamed", **fields)


def under_load(
    f: Fleet,
    how: Callable[[Gateway], None],
    call: Callable[[Api], object] = call_pool,
) -> Load:
    """A gateway ends while clients call."""
    load = Load(f, call)
    try:
        load.await_calls(500)
        f.remove(how, f.one_that_serves())
        load.await_calls(500)
        f.await_members()
        load.await_calls(200)
    finally:
        load.end()
    total = sum(load.ends.values())
    print(
        f"  {how.__name__} of 1 of {len(f.gateways) + 1} under"
        f" {call.__name__}: {total} calls, lost {load.lost()},"
        f" slowest {load.slowest * 1e3:.0f} ms",
        flush=True,
    )
    return load


def drain_loses_none(f: Fleet) -> None:
    """SIGTERM: no call to the pool fails."""
    expect("lost", under_load(f, Gateway.end).lost(), {})


def drain_loses_no_send(f: Fleet) -> None:
    """SIGTERM: what must not be done twice does not fail either."""
    expect("lost", under_load(f, Gateway.end, send_pool).lost(), {})


def kill_loses_none(f: Fleet) -> None:
    """SIGKILL: no call to the pool fails."""
    expect("lost", under_load(f, Gateway.kill).lost(), {})


def kill_loses_what_was_under_way(f: Fleet) -> None:
    """SIGKILL: of what must not be done twice, little more is lost."""
    lost = under_load(f, Gateway.kill, send_pool).lost()
    expect("lost", set(lost) <= {("UNAVAILABLE", "")}, True)
    # One of each client, and what followed before the edge had seen the end.
    expect("few", sum(lost.values()) <= 3 * CALLERS, True)


def kill_is_told(f: Fleet) -> None:
    """Who was attached there is told, and finds nobody by the header."""
    address = f.one_that_serves()
    streams = [f.api.stream("Listen") for _ in range(8 * len(f.gateways))]
    there = [
        stream
        for stream in streams
        if gateway_in(stream.initial_metadata()) == address
    ]
    opened = next(f.api.events(there[0])).opened
    header = dict(there[0].initial_metadata())["x-thespian-gateway"]
    start = time.monotonic()
    f.remove(Gateway.kill, address)
    for stream in there:
        events = refused(f.api, lambda stream=stream: list(stream))
        # RST_STREAM: there is no other way to end what has begun.
        expect("end", events, ("INTERNAL", ""))
    expect("soon", time.monotonic() - start < 5, True)
    proof = [
        ("x-actor-token", opened.token),
        ("x-thespian-gateway", header),
    ]
    fields = {"to_name": "echo", "payload": JSON, "from_id": opened.actor_id}
    again = lambda: f.api.ask("SendNamed", proof, **fields)  # noqa: E731
    expect("its calls", refused(f.api, again), ("UNAVAILABLE", ""))
    alive = [stream for stream in streams if stream not in there]
    expect("the others", any(stream.done() for stream in alive), False)
    for stream in alive:
        stream.cancel()


def drain_is_told(f: Fleet) -> None:
    """Who is attached to a gateway that drains is told why."""
    stream = f.api.stream("Listen")
    address = gateway_in(stream.initial_metadata())
    heard = f.api.events(stream)
    expect("first", next(heard).WhichOneof("event"), "opened")
    f.remove(Gateway.end, address)
    kinds = []
    end = refused(
        f.api, lambda: kinds.extend(one.WhichOneof("event") for one in heard)
    )
    expect("closing", "closing" in kinds, True)
    expect("end", end, ("UNAVAILABLE", "SHUTTING_DOWN"))


def shard_is_away(f: Fleet, how: Callable[[Gateway], None]) -> None:
    """The gateway of a shard ends; another one takes the shard's calls."""
    address = shard_places(f)[NAMES[0]]
    ending = threading.Thread(target=f.remove, args=(how, address))
    start = time.monotonic()
    ending.start()
    refusals = 0

    def answers() -> bool:
        nonlocal refusals
        try:
            f.api.echo("[1]", named(NAMES[0]), endpoint=NAMES[0])
        except grpc.RpcError as error:
            expect("until then", error.code().name, "UNAVAILABLE")
            refusals += 1
        return refusals > 0 and shard_places(f)[NAMES[0]] != address

    await_that(answers, "the shard is elsewhere")
    took = time.monotonic() - start
    print(f"  {how.__name__}: a shard was away for {took:.1f} s", flush=True)
    ending.join()
    f.await_members()


def shards_move(f: Fleet) -> None:
    """The shards of a gateway that died are elsewhere, and hardly others."""
    before = shard_places(f)
    dead = before[NAMES[0]]
    shard_is_away(f, Gateway.kill)
    after = shard_places(f)
    moved = {name for name in NAMES if before[name] != after[name]}
    had_to = {name for name in NAMES if before[name] == dead}
    print(f"  {len(had_to)} of {len(NAMES)} had to move, {len(moved)} did")
    expect("left there", had_to - moved, set())
    # Maglev fills its table anew: hardly any other.
    expect("others", len(moved - had_to) < len(NAMES) / 8, True)


def shard_drains(f: Fleet) -> None:
    """Nor are they lost with one that drains."""
    shard_is_away(f, Gateway.end)
