"""One gateway behind the edge: every way in, and what each is told."""

import contextlib
import json
import pathlib
import queue
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
from api import Api, Messages, SERVICE
from browser import Browser
from envoy import Envoy, http_filter, make_descriptors, Setting
from gateway import await_that, Failure, Gateway, TOP
from http1 import Curl, Web
from keys import make_certificate

DEMO_CHILD = str(TOP / "build/bin/thespian-demo-child")
JSON = {"json": '["hello"]'}


@dataclass
class World:
    """A gateway, the edge in front of it, and the ways in."""

    directory: pathlib.Path
    gateway: Gateway
    edge: Envoy
    messages: Messages
    api: Api
    web: Web
    curl: Curl
    context: ssl.SSLContext

    def unknown_actor(self) -> None:
        """A message to an actor that is not there."""
        expect(
            "actor",
            refused(
                self.api,
                lambda: self.api.ask("Send", to_id=999, payload=JSON),
            ),
            ("NOT_FOUND", "ACTOR_UNKNOWN"),
        )


def expect(what: str, got: object, wanted: object) -> None:
    """They are the same."""
    if got != wanted:
        message = f"{what}: {got!r}, expected {wanted!r}"
        raise Failure(message)


def refused(api: Api, call: Callable[[], object]) -> tuple[str, str]:
    """The code and the reason of a call that must fail."""
    try:
        answer = call()
    except grpc.RpcError as error:
        return error.code().name, api.reason(error)
    message = f"answered: {answer}"
    raise Failure(message)


def secure_channel(edge: Envoy, certificate: bytes) -> grpc.Channel:
    """A connection of its own to the edge, as gRPC makes one."""
    return grpc.secure_channel(
        f"localhost:{edge.address[1]}",
        grpc.ssl_channel_credentials(certificate),
        options=[("grpc.use_local_subchannel_pool", 1)],
    )


@contextlib.contextmanager
def world(
    directory: pathlib.Path, *changes: Callable[[dict], None]
) -> Iterator[World]:
    """All of it, until the block ends."""
    certificate = make_certificate(directory / "tls")
    make_descriptors(directory / "api.binpb")
    messages = Messages(directory / "api.binpb")
    with contextlib.ExitStack() as stack:
        gateway = Gateway(directory, [DEMO_CHILD])
        stack.callback(gateway.kill)
        setting = Setting.of(gateway.address, changes=list(changes))
        edge = Envoy(directory, setting)
        stack.callback(edge.end)
        await_that(lambda: edge.healthy("pool") == 1, "the gateway is healthy")
        channel = stack.enter_context(secure_channel(edge, certificate))
        context = ssl.create_default_context(cadata=certificate.decode())
        yield World(
            directory,
            gateway,
            edge,
            messages,
            Api(messages, channel),
            Web(edge.address, context, messages),
            Curl(edge.address, directory / "tls/tls.crt"),
            context,
        )


# ----------------------------------------------------------------- checks


def validate(w: World) -> None:
    """envoy --mode validate."""
    w.edge.validate()


def grpc_calls(w: World) -> None:
    """gRPC through TLS: unary, and each kind of stream."""
    expect("echo", w.api.echo('["hello"]'), '["hello"]')
    watch = w.api.stream(
        "WatchProxies", kinds=["PROXY_EVENT_KIND_PROXY_CREATED"]
    )
    events = w.api.events(watch)
    while next(events).WhichOneof("event") != "snapshot_complete":
        pass
    commands: queue.Queue[dict | None] = queue.Queue()
    opening = {"open": {"encoding": "PAYLOAD_ENCODING_JSON"}}
    commands.put({"commands": [opening]})
    attached = w.api.attach(iter(commands.get, None))
    heard = w.api.events(attached)
    expect("first", next(heard).WhichOneof("event"), "opened")
    send = {"send_named": {"to_name": "spawner", "payload": JSON}}
    commands.put({"commands": [send]})
    delivery = next(heard).delivery
    expect("greeting", delivery.payload.json.startswith('["hello",'), True)
    expect("watched", next(events).proxy_created.remote_id > 0, True)
    commands.put(None)
    expect("end", [one.WhichOneof("event") for one in heard], [])
    expect("status", attached.code(), grpc.StatusCode.OK)
    watch.cancel()


class Listener:
    """A listening client."""

    def __init__(self, w: World) -> None:
        self._api = w.api
        self.stream = w.api.stream(
            "Listen", open={"encoding": "PAYLOAD_ENCODING_JSON"}
        )
        where = dict(self.stream.initial_metadata())["x-thespian-gateway"]
        self._heard = w.api.events(self.stream)
        opened = next(self._heard).opened
        self._proof = [
            ("x-actor-token", opened.token),
            ("x-thespian-gateway", where),
        ]
        self.fields = {
            "to_name": "echo",
            "payload": JSON,
            "from_id": opened.actor_id,
        }

    def speak_and_hear(self) -> None:
        """Its message comes back."""
        self._api.ask("SendNamed", self._proof, **self.fields)
        delivery = next(self._heard).delivery
        expect("delivery", delivery.payload.json, '["hello"]')


def listener_speaks(w: World) -> None:
    """A listening client's unary calls, with its token and its gateway."""
    listener = Listener(w)
    listener.speak_and_hear()
    expect(
        "without the token",
        refused(w.api, lambda: w.api.ask("SendNamed", **listener.fields)),
        ("PERMISSION_DENIED", "ACTOR_NOT_YOURS"),
    )
    listener.stream.cancel()


def others_live_on(w: World) -> None:
    """Headers that gRPC can't bear harm nobody who shares a connection."""
    listener = Listener(w)
    headers = (
        "x-any-bin: @@@",
        "grpc-tags-bin: !",
        "grpc-status-details-bin: %",
        "grpc-timeout: ever",
        "x-large: " + "x" * 15_000,
        "x-larger: " + "x" * 70_000,
    )
    # Each of Envoy's threads has a connection of its own.
    for header in headers * 3:
        w.curl.attempt("/v1/endpoints", "-H", header)
        listener.speak_and_hear()
    listener.stream.cancel()


def grpc_errors(w: World) -> None:
    """Codes and reasons come through, and nothing else is there."""
    w.unknown_actor()
    bad = {"to_name": "echo", "payload": {"cbor": b"\xff"}}
    expect(
        "payload",
        refused(w.api, lambda: w.api.ask("SendNamed", **bad)),
        ("INVALID_ARGUMENT", "PAYLOAD_INVALID"),
    )
    underscore = [("a_b", "c")]
    code, reason = refused(w.api, lambda: w.api.echo("[1]", underscore))
    expect("underscore", (code != "OK", reason), (True, ""))
    admin = grpc_unary(w, "/thespian.gateway.v1.AdminService/StopEndpoint")
    expect("admin", refused(w.api, admin), ("UNIMPLEMENTED", ""))


def grpc_unary(w: World, path: str) -> Callable[[], bytes]:
    """A call of any path, with an empty request."""
    way = w.api.channel.unary_unary(path)
    return lambda: way(b"", timeout=10)


def web_calls(w: World) -> None:
    """gRPC-Web, frame by frame."""
    call_by_web(w.web, w.messages)


def call_by_web(web: Web | Browser, messages: Messages) -> None:
    """A call, an error with its reason, listen and watch."""
    fields = {"to_name": "echo", "reply_encoding": "PAYLOAD_ENCODING_JSON"}
    answer, ended = web.ask("Call", payload=JSON, **fields)
    expect("echo", answer.payload.json, '["hello"]')
    expect("status", ended["grpc-status"], "0")
    answer, ended = web.ask("Send", to_id=999, payload=JSON)
    expect("error", (answer, ended["grpc-status"]), (None, "5"))
    details = ended["grpc-status-details-bin"]
    expect("reason", messages.encoded_reason(details), "ACTOR_UNKNOWN")
    listened = web.start("Listen", open={"encoding": "PAYLOAD_ENCODING_JSON"})
    where = listened.getheader("x-thespian-gateway")
    answers = web.answers("Listen", listened)
    opened = next(answers).events[0].opened
    proof = [("x-actor-token", opened.token), ("x-thespian-gateway", where)]
    _, ended = web.ask(
        "SendNamed",
        proof,
        to_name="echo",
        payload=JSON,
        from_id=opened.actor_id,
    )
    expect("sent", ended["grpc-status"], "0")
    delivery = next(answers).events[0].delivery
    expect("delivery", delivery.payload.json, '["hello"]')
    watched = web.answers("WatchProxies", web.start("WatchProxies"))
    expect("watch", len(next(watched).events) > 0, True)


def web_origins(w: World) -> None:
    """Only pages of the origins that are listed may ask."""
    allowed = {}
    for origin in ("https://app.example.org", "https://evil.example.org"):
        answer = w.web.open(
            "OPTIONS",
            f"/{SERVICE}/Call",
            b"",
            {
                "origin": origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type,x-grpc-web",
            },
        )
        allowed[origin] = answer.getheader("access-control-allow-origin")
    expect(
        "origins",
        allowed,
        {
            "https://app.example.org": "https://app.example.org",
            "https://evil.example.org": None,
        },
    )


def json_calls(w: World) -> None:
    """JSON by curl: a call, lists, and errors with their reasons."""
    call = {
        "toName": "echo",
        "payload": JSON,
        "replyEncoding": "PAYLOAD_ENCODING_JSON",
    }
    status, answer = w.curl.ask("/v1/call", call)
    expect("echo", (status, answer["payload"]), (200, JSON))
    status, answer = w.curl.ask("/v1/endpoints")
    expect(
        "endpoints", answer["endpoints"][0]["state"], "ENDPOINT_STATE_RUNNING"
    )
    status, answer = w.curl.ask("/v1/send", {"toId": 999, "payload": JSON})
    expect("code", (status, answer["code"]), (404, 5))
    expect("reason", answer["details"][0]["reason"], "ACTOR_UNKNOWN")
    expect("field", w.curl.ask("/v1/send", {"no": 1})[0], 400)
    expect("query", w.curl.ask("/v1/proxies?no=1")[0], 400)
    expect("path", w.curl.ask("/v1/nothing")[0], 404)


def large_payloads(w: World) -> None:
    """As large as without the edge, by each way."""
    text = '["' + "x" * 3_000_000 + '"]'
    expect("gRPC", w.api.echo(text) == text, True)
    fields = {"to_name": "echo", "reply_encoding": "PAYLOAD_ENCODING_JSON"}
    answer, _ = w.web.ask("Call", payload={"json": text}, **fields)
    expect("gRPC-Web", answer.payload.json == text, True)
    body = w.directory / "large.json"
    call = {
        "toName": "echo",
        "payload": {"json": text},
        "replyEncoding": "PAYLOAD_ENCODING_JSON",
    }
    body.write_text(json.dumps(call))
    status, answer = w.curl.ask("/v1/call", None, "--json", f"@{body}")
    expect("JSON", (status, answer["payload"]["json"] == text), (200, True))


def json_streams(w: World) -> None:
    """`curl -N`: a watch and a listener, as server-sent events."""
    path = "/v1/watch?kinds=PROXY_EVENT_KIND_PROXY_CREATED"
    with w.curl.follow(path) as watch:
        events = watch.events()
        while "snapshotComplete" not in next(events):
            pass
        w.curl.ask("/v1/send-named", {"toName": "spawner", "payload": JSON})
        w.api.ask("Call", to_name="spawner", payload=JSON)
        expect("watched", "proxyCreated" in next(events), True)
    with w.curl.follow(
        "/v1/listen?open.encoding=PAYLOAD_ENCODING_JSON"
    ) as listen:
        events = listen.events()
        opened = next(events)["opened"]
        status, _ = w.curl.ask(
            "/v1/send-named",
            {"toName": "echo", "payload": JSON, "fromId": opened["actorId"]},
            *("-H", f"x-actor-token: {opened['token']}"),
        )
        expect("sent", status, 200)
        expect("delivery", next(events)["delivery"]["payload"], JSON)


def never_ejected(w: World) -> None:
    """An actor's errors are not the gateway's.

    A child that is down is told of by the gateway itself, with a reason.
    """

    def call(seconds: float, name: str) -> tuple[str, str]:
        fields = {"to_name": name, "payload": JSON}
        return refused(
            w.api, lambda: w.api.ask_within(seconds, "Call", **fields)
        )

    for _ in range(50):
        w.unknown_actor()
        expect("late", call(0.02, "nobody")[0], "DEADLINE_EXCEEDED")
    w.gateway.ask("stop")
    await_that(lambda: w.edge.healthy("pool") == 0, "health says so")
    for _ in range(20):
        expect("down", call(10, "echo"), ("UNAVAILABLE", "ENDPOINT_DOWN"))
    w.gateway.ask("start")
    await_that(lambda: w.edge.healthy("pool") == 1, "it is back")
    expect("echo", w.api.echo("[1]"), "[1]")
    name = "cluster.pool.outlier_detection.ejections_enforced_total"
    expect("ejections", w.edge.figure(name), 0)


def new_certificate(w: World) -> None:
    """A pair that is replaced is used without a restart."""
    fresh = make_certificate(w.directory / "tls")
    old = Api(w.messages, w.api.channel)
    expect("open connection", old.echo("[1]"), "[1]")

    def serves() -> bool:
        with secure_channel(w.edge, fresh) as channel:
            try:
                return Api(w.messages, channel).echo("[2]") == "[2]"
            except grpc.RpcError:
                return False

    await_that(serves, "the new certificate")


def told(w: World) -> None:
    """The access log and the figures, without any secret."""
    text = w.web.open("GET", "/stats/prometheus", b"", {}).status
    expect("figures outside", text, 404)
    expect("access", w.api.echo("[1]", [("x-actor-token", "secret")]), "[1]")
    await_that(lambda: w.edge.accesses() != [], "the access log")
    rows = w.edge.accesses()
    expect("secret", "secret" in repr(rows), False)
    paths = {row["path"] for row in rows}
    expect("path", f"/{SERVICE}/Call" in paths, True)
    expect("figures", "envoy_cluster_grpc" in w.edge.figures(), True)


def heartbeats(w: World) -> None:
    """A quiet stream outlives the edge's idle time-out."""
    stream = w.api.stream("Listen")
    heard = w.api.events(stream)
    start = time.monotonic()
    expect("first", next(heard).WhichOneof("event"), "opened")
    while time.monotonic() - start < 150:
        expect("quiet", next(heard).WhichOneof("event"), "heartbeat")
    stream.cancel()


def slow_headers(w: World) -> None:
    """Who does not send the whole of its headers is cut off."""
    with socket.create_connection(w.edge.address, 30) as plain:
        start = time.monotonic()
        expect("no handshake", plain.recv(1), b"")
        expect("within", time.monotonic() - start < 8, True)
    with (
        socket.create_connection(w.edge.address, 30) as plain,
        w.context.wrap_socket(plain, server_hostname="localhost") as one,
    ):
        one.sendall(b"GET /v1/endpoints HTTP/1.1\r\nhost: localhost\r\nx: ")
        start = time.monotonic()
        while one.recv(1 << 12):
            pass
        expect("within", time.monotonic() - start < 13, True)


def rate_limited(w: World) -> None:
    """An address that asks too often is told so, by each way in."""
    codes = set()
    for _ in range(100):
        try:
            w.api.echo("[1]")
        except grpc.RpcError as error:
            codes.add(error.code().name)
    expect("codes", codes, {"RESOURCE_EXHAUSTED"})
    expect("json", w.curl.ask("/v1/endpoints")[0], 429)
    _, ended = w.web.ask("ListEndpoints")
    expect("page", ended["grpc-status"], "14")  # as gRPC maps HTTP's 429


def one_each_minute(config: dict) -> None:
    """Ten requests of an address, and then one a minute."""
    limits = http_filter(config, "envoy.filters.http.local_ratelimit")
    limits["descriptors"][0]["token_bucket"] = {
        "max_tokens": 10,
        "tokens_per_fill": 1,
        "fill_interval": "60s",
    }
