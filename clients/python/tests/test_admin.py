from pathlib import Path

import pytest
from conftest import running_gateway

from thespian_gateway import connect, GatewayError
from thespian_gateway.v1 import EndpointState

POOL = """
listen = ["127.0.0.1:0"]
[endpoint.pool]
command = ["{child}"]
replicas = 2
"""


async def test_a_child_s_life_is_the_operator_s(fresh_address: str) -> None:
    async with connect(fresh_address) as gateway:
        stopped = await gateway.admin.stop()
        with pytest.raises(GatewayError, match="ENDPOINT_DOWN"):
            await gateway.call("echo", 1)
        started = await gateway.admin.start("default")
        restarted = await gateway.admin.restart()
        assert (await gateway.call("echo", 1)).incarnation == 3
        frames = await gateway.admin.flight_record()

    assert stopped.state == EndpointState.ENDPOINT_STATE_STOPPED
    assert started.incarnation == 2
    assert restarted.incarnation == 3
    assert {frame.from_child for frame in frames} == {False, True}


async def test_the_endpoints_change_while_they_serve(tmp_path: Path) -> None:
    with running_gateway(tmp_path, POOL) as address:
        async with connect(address) as gateway:
            scaled = await gateway.admin.scale("pool", 3)
            replaced = await gateway.admin.replace("pool/0")
            changed = await gateway.admin.reload()

    assert [one.name for one in scaled] == ["pool/0", "pool/1", "pool/2"]
    assert [(one.name, one.incarnation) for one in replaced] == [("pool/0", 2)]
    assert list(changed.added) == []


async def test_an_endpoint_that_there_is_not_is_named(address: str) -> None:
    async with connect(address) as gateway:
        with pytest.raises(GatewayError, match="elsewhere") as raised:
            await gateway.admin.stop("elsewhere")
    assert raised.value.reason == "ENDPOINT_UNKNOWN"
