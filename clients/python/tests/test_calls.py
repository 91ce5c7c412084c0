"""What every RPC has in common: metadata, closing, arguments."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import grpc
import pytest
from authority import Authority
from recording_server import RecordingServer

from thespian_gateway import (
    connect,
    Delivery,
    Gateway,
    GatewayError,
    Raw,
    Speaker,
)

Call = Callable[[Gateway], Awaitable[Any]]

ME = Speaker(7, "secret", "MTI3LjAuMC4xOjE=")


async def first(iterator: AsyncIterator[Any]) -> Any:
    return await anext(iterator, None)


async def watched(gateway: Gateway, **options: Any) -> None:
    async with gateway.watch(**options) as events:
        await first(events)


async def attached(gateway: Gateway, **options: Any) -> None:
    async with gateway.attach(**options):
        pass


OF_AN_ENDPOINT: dict[str, Call] = {
    "Call": lambda g: g.call("echo", 1, endpoint="e/0"),
    "Send": lambda g: g.send(1, 1, endpoint="e/0", speaker=ME),
    "SendNamed": lambda g: g.send_named("n", 1, endpoint="e/0", speaker=ME),
    "WatchProxies": lambda g: watched(g, endpoint="e/0"),
    "ListProxies": lambda g: first(g.proxies(endpoint="e/0")),
    "ReleaseProxy": lambda g: g.release(1, endpoint="e/0"),
    "GetEndpoint": lambda g: g.endpoint("e/0"),
    "StartEndpoint": lambda g: g.admin.start("e/0"),
    "StopEndpoint": lambda g: g.admin.stop("e/0"),
    "RestartEndpoint": lambda g: g.admin.restart("e/0"),
    "GetFlightRecord": lambda g: g.admin.flight_record("e/0"),
    "ScaleEndpoint": lambda g: g.admin.scale("e/0", 2),
    "ReplaceEndpoint": lambda g: g.admin.replace("e/0"),
}
OF_NONE: dict[str, Call] = {
    "Call": lambda g: g.call("echo", 1),
    "Listen": lambda g: g.listen(metadata={"n": "x"}).__aenter__(),
    "Attach": attached,
    "ListLocalActors": lambda g: first(g.local_actors()),
    "ListEndpoints": lambda g: g.endpoints(),
    "Reload": lambda g: g.admin.reload(),
}
ALL: dict[str, Call] = OF_NONE | OF_AN_ENDPOINT


@pytest.mark.parametrize("name", OF_AN_ENDPOINT)
async def test_the_metadata_names_the_endpoint(
    tmp_path: Path, name: str
) -> None:
    server = RecordingServer(f"unix:{tmp_path}/socket")
    async with server, connect(server.address) as gateway:
        await OF_AN_ENDPOINT[name](gateway)
    [(seen, metadata)] = server.seen
    assert seen == name
    assert metadata["x-thespian-endpoint"] == "e/0"
    speaks = name in {"Send", "SendNamed"}
    assert metadata.get("x-actor-token") == ("secret" if speaks else None)
    where = metadata.get("x-thespian-gateway")
    assert where == (ME.gateway if speaks else None)


@pytest.mark.parametrize("name", OF_NONE)
async def test_without_an_endpoint_the_metadata_has_none(
    tmp_path: Path, name: str
) -> None:
    server = RecordingServer(f"unix:{tmp_path}/socket")
    async with server, connect(server.address) as gateway:
        try:
            await OF_NONE[name](gateway)
        except GatewayError:
            assert name in {"Attach", "Listen"}  # it does not open them
    [(seen, metadata)] = server.seen
    assert seen == name
    assert "x-thespian-endpoint" not in metadata


async def test_an_endpoint_that_no_metadata_can_hold_is_left_to_the_gateway(
    address: str,
) -> None:
    async with connect(address) as gateway:
        with pytest.raises(GatewayError, match="ENDPOINT_UNKNOWN"):
            await gateway.call("echo", 1, endpoint="é\n")


async def test_metadata_is_that_of_all_and_of_the_call(tmp_path: Path) -> None:
    server = RecordingServer(f"unix:{tmp_path}/socket")
    everywhere = {"authorization": "Bearer x"}
    async with (
        server,
        connect(server.address, metadata=everywhere) as gateway,
    ):
        await gateway.call("echo", 1, metadata=[("n-bin", b"\x00"), ("m", "1")])
        await gateway.endpoints()
        await watched(gateway, metadata={"n": "w"})
    (_, called), (_, listed), (_, watch) = server.seen
    assert {*called} >= {"authorization", "n-bin", "m"}
    assert called["n-bin"] == b"\x00"
    assert listed["authorization"] == "Bearer x"
    assert "m" not in listed
    assert (watch["authorization"], watch["n"]) == ("Bearer x", "w")


async def refused(gateway: Gateway, call: Call) -> str:
    with pytest.raises(ValueError, match=r".") as raised:
        await call(gateway)
    return str(raised.value)


WRONG: list[tuple[str, Call]] = [
    ("target", lambda g: g.call(-1, 1)),
    ("target", lambda g: g.call(1.5, 1)),  # type: ignore[arg-type]
    ("target", lambda g: g.call("\ud800", 1)),
    ("value", lambda g: g.call("echo", object())),
    ("value", lambda g: g.call("echo", Raw("x"))),  # type: ignore[arg-type]
    ("endpoint", lambda g: g.call("echo", 1, endpoint=1)),  # type: ignore[arg-type]
    ("deadline", lambda g: g.call("echo", 1, deadline=0)),
    ("deadline", lambda g: g.call("echo", 1, deadline=True)),
    ("deadline", lambda g: g.call("echo", 1, deadline=inf)),
    ("metadata", lambda g: g.call("echo", 1, metadata={"Upper": "x"})),
    ("metadata", lambda g: g.call("echo", 1, metadata={"a": "\n"})),
    ("metadata", lambda g: g.call("echo", 1, metadata={"a": b"x"})),
    ("metadata", lambda g: g.call("echo", 1, metadata={"a-bin": "x"})),
    ("metadata", lambda g: g.call("echo", 1, metadata={"grpc-x": "x"})),
    ("metadata", lambda g: g.call("echo", 1, metadata={1: "x"})),  # type: ignore[arg-type]
    ("metadata", lambda g: g.call("echo", 1, metadata=["ab"])),  # type: ignore[list-item]
    ("metadata", lambda g: g.call("echo", 1, metadata="ab")),  # type: ignore[arg-type]
    ("metadata", lambda g: g.call("echo", 1, metadata=5)),  # type: ignore[arg-type]
    ("to_id", lambda g: g.send(2**64, 1)),
    ("to_id", lambda g: g.send(True, 1)),
    ("incarnation", lambda g: g.send(1, 1, incarnation=-1)),
    ("speaker", lambda g: g.send(1, 1, speaker="me")),  # type: ignore[arg-type]
    ("speaker", lambda g: g.send(1, 1, speaker=Speaker(-1, "x"))),
    ("speaker", lambda g: g.send_named("n", 1, speaker=Speaker(1, "\n"))),
    ("name", lambda g: g.send_named(1, 1)),  # type: ignore[arg-type]
    ("remote_id", lambda g: g.release(-1)),
    ("name", lambda g: g.endpoint(None)),  # type: ignore[arg-type]
    ("after_sequence", lambda g: watched(g, after_sequence=-1)),
    ("epoch", lambda g: watched(g, epoch=-1)),
    ("skip_snapshot", lambda g: watched(g, skip_snapshot=1)),
    ("include_payloads", lambda g: watched(g, include_payloads="yes")),
    ("kinds", lambda g: watched(g, kinds="proxy_created")),
    ("kinds", lambda g: watched(g, kinds=None)),
    ("kinds", lambda g: watched(g, kinds=["nonsense"])),
    ("max_queued_bytes", lambda g: attached(g, max_queued_bytes=0)),
    ("name", lambda g: attached(g, name=5)),
    ("replicas", lambda g: g.admin.scale("e", 0)),
    ("replicas", lambda g: g.admin.scale("e", 1001)),
    ("endpoint", lambda g: g.admin.start(7)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("name", "call"), WRONG)
async def test_what_is_wrong_is_named_and_not_sent(
    tmp_path: Path, name: str, call: Call
) -> None:
    server = RecordingServer(f"unix:{tmp_path}/socket")
    async with server, connect(server.address) as gateway:
        message = await refused(gateway, call)
    assert name in message.split(":")[0]
    assert server.seen == []


async def test_what_may_be_a_secret_is_not_shown() -> None:
    secret: Any = "secret\n"
    async with connect("unix:/nonexistent") as gateway:
        for call in (
            lambda g: g.call("echo", Raw(secret)),
            lambda g: g.call("echo", 1, metadata=secret),
            lambda g: g.call("echo", 1, metadata={"a": secret}),
            lambda g: g.call("echo", 1, metadata=[("a", "b", secret)]),
            lambda g: g.send(1, 1, speaker=secret),
            lambda g: g.send(1, 1, speaker=Speaker(1, secret)),
        ):
            assert "secret" not in await refused(gateway, call)
    key: Any = bytearray(b"secret")
    with pytest.raises(ValueError, match=r"^key must be") as raised:
        connect(cert=b"-----BEGIN ", key=key)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("name", ALL)
async def test_after_the_close_every_call_says_so(
    tmp_path: Path, name: str
) -> None:
    gateway = connect(f"unix:{tmp_path}/socket")
    await gateway.aclose()
    with pytest.raises(GatewayError, match="the client is closed") as raised:
        await ALL[name](gateway)
    assert raised.value.code is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_close_ends_the_calls_that_wait(address: str) -> None:
    async with connect(address) as gateway:
        async with gateway.watch(kinds=["message_sent"]) as events:
            await anext(events)  # the snapshot
            waiting = asyncio.create_task(gateway.call("nobody", 1))
            await anext(events)  # it is under way
        await gateway.aclose()
        with pytest.raises(GatewayError, match="was closed") as raised:
            await waiting
    assert raised.value.code is grpc.StatusCode.CANCELLED


async def test_a_call_that_is_cancelled_is_cancelled(address: str) -> None:
    async with connect(address) as gateway:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await gateway.call("nobody", 1)


async def test_tls_with_certificates_of_both(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    for name in ("server", "client"):
        authority.issue(name, f"DNS:{name}.test")
    server = RecordingServer(tls=authority)
    to_it = partial(
        connect,
        cert=authority.path("client.pem"),
        key=authority.path("client.key"),
    )
    async with server:
        known = to_it(
            server.address,
            ca=authority.read("ca.pem"),
            server_name="server.test",
        )
        async with known:
            await known.endpoints()
        unknown = to_it(server.address, ca=authority.path("ca.pem"), deadline=1)
        async with unknown:
            with pytest.raises(GatewayError):  # it is not called 127.0.0.1
                await unknown.endpoints()
    assert [name for name, _ in server.seen] == ["ListEndpoints"]


@pytest.mark.parametrize(
    ("named", "options"),
    [
        ("cert and key", {"cert": b"-----BEGIN "}),
        ("ca", {"ca": b"no PEM"}),
        ("server_name", {"server_name": "x"}),
        ("credentials", {"credentials": 1, "tls": True}),
        ("credentials", {"credentials": 1}),
        ("ca", {"ca": 1}),
        ("server_name", {"server_name": 1, "tls": True}),
        ("backoff", {"backoff": 1}),
        ("interceptors", {"interceptors": 1}),
        ("interceptors", {"interceptors": [1]}),
        ("address", {"address": "nowhere"}),
        ("metadata", {"metadata": {"é": "x"}}),
    ],
)
async def test_options_that_are_wrong_are_refused(
    named: str, options: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=f"^{named}"):
        connect(**options)


async def test_interceptors_see_every_kind_of_rpc(address: str) -> None:
    methods: list[str] = []

    async def note(_: Any, go_on: Any, details: Any, request: Any) -> Any:
        method = details.method
        methods.append(method if isinstance(method, str) else method.decode())
        return await go_on(details, request)

    def noting(kind: str) -> Any:
        base = getattr(grpc.aio, f"{kind.replace('_', '')}ClientInterceptor")
        name = "intercept" + "".join(
            f"_{part.lower()}" for part in kind.split("_")
        )
        return type("Noting", (base,), {name: note})()

    kinds = ["Unary_Unary", "Unary_Stream", "Stream_Stream"]
    async with connect(
        address, interceptors=[noting(kind) for kind in kinds]
    ) as gateway:
        assert (await gateway.call("echo", 1)).payload == 1
        async with gateway.attach() as me:
            await me.send_named("echo", 2, confirm=True)
            delivery = await anext(me)
        async with gateway.watch() as events:
            await anext(events)
    assert isinstance(delivery, Delivery)
    assert [method.rpartition("/")[2] for method in methods] == [
        "Call",
        "Attach",
        "WatchProxies",
    ]
