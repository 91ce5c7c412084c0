import asyncio
from math import inf
from pathlib import Path
from typing import Any

import grpc
import pytest

from thespian_gateway import connect, GatewayError


@pytest.mark.parametrize(
    "options",
    [
        {"deadline": 0},
        {"deadline": inf},
        {"keepalive": 8.9},
        {"keepalive": inf},
        {"keepalive_timeout": 0},
        {"keepalive_timeout": 1e9},
        {"max_response_bytes": 0},
    ],
)
async def test_options_out_of_range_are_refused(
    options: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="must be"):
        connect("127.0.0.1:1", **options)


async def test_a_gateway_that_is_not_there_is_unavailable() -> None:
    async with connect("unix:/nonexistent") as gateway:
        with pytest.raises(GatewayError) as raised:
            await gateway.call("echo", 1)
    assert raised.value.code is grpc.StatusCode.UNAVAILABLE
    assert raised.value.reason == ""


async def test_a_gateway_that_is_slow_to_answer_is_waited_for(
    address: str, tmp_path: Path
) -> None:
    delay = 0.5  # s, longer than the first wait between two tries

    async def relay(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await asyncio.sleep(delay)
        host, port = address.rsplit(":", 1)
        there, back = await asyncio.open_connection(host, int(port))
        await asyncio.gather(copy(reader, back), copy(there, writer))

    socket = tmp_path / "slow"
    slow = await asyncio.start_unix_server(relay, socket)
    async with slow, connect(f"unix:{socket}") as gateway:
        assert (await gateway.call("echo", 1)).payload == 1


async def copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while data := await reader.read(4096):
        writer.write(data)
    writer.close()


async def test_a_call_has_a_deadline_of_its_own(address: str) -> None:
    async with connect(address) as gateway:
        with pytest.raises(GatewayError) as raised:
            await gateway.call("nobody", 1, deadline=0.05)
    assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_the_deadline_of_the_connection_is_the_default(
    address: str,
) -> None:
    async with connect(address, deadline=0.05) as gateway:
        with pytest.raises(GatewayError) as raised:
            await gateway.call("nobody", 1)
    assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_response_over_the_limit_is_refused(address: str) -> None:
    async with connect(address, max_response_bytes=1000) as gateway:
        with pytest.raises(GatewayError) as raised:
            await gateway.call("echo", "x" * 2000)
    assert raised.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_an_error_names_the_field(address: str) -> None:
    async with connect(address) as gateway:
        with pytest.raises(GatewayError) as raised:
            await gateway.send(4711, 1)
    assert list(raised.value.details.violations) == ["to_id"]


async def test_the_endpoint_is_described(address: str) -> None:
    async with connect(address) as gateway:
        [endpoint] = await gateway.endpoints()
        assert await gateway.endpoint("default") is not None
    assert endpoint.name == "default"
    assert endpoint.limits.dialect == "plain"
