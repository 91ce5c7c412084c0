import asyncio
from collections.abc import Callable

import cbor2
import grpc
import pytest
from conftest import Faked
from fake_gateway import Broken

from thespian_gateway import (
    CommandFailed,
    connect,
    Delivery,
    Exited,
    GatewayError,
    Speaker,
)
from thespian_gateway.gen import gateway_pb2 as pb

Fake = Callable[[], Faked]

LOST = Broken(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
PAYLOAD = bytes(60 * 1024)


async def test_it_is_linked_and_told_the_reason(address: str) -> None:
    async with connect(address) as gateway, gateway.attach() as me:
        await me.send_named("spawner", "go")
        hello = await anext(me)
        assert isinstance(hello, Delivery)
        assert hello.payload == ["hello", hello.from_id]
        await me.link(hello.from_id, confirm=True)
        await me.send(hello.from_id, ["exit", "enough"])
        exited = await anext(me)

    assert exited == Exited(hello.from_id, "enough", 1, "default")


async def test_details_of_an_end_are_decoded(fake: Fake) -> None:
    exited = pb.ActorEvent.Exited(
        endpoint="e",
        incarnation=2,
        remote_id=100,
        reason="bug",
        details=[
            pb.Payload(cbor=b"\x82\x63why\x05"),
            pb.Payload(cbor=b"\xf5"),
        ],
    )
    plain = pb.ActorEvent.Exited(remote_id=101, reason="normal")
    async with fake() as (gateway, client):
        gateway.told = [
            pb.ActorEvent(exited=exited),
            pb.ActorEvent(exited=plain),
        ]
        async with client.attach() as me:
            told = await anext(me)
            told_plain = await anext(me)

    assert isinstance(told, Exited)
    assert (told.remote_id, told.reason) == (100, "bug")
    assert told.details == (["why", 5], True)
    assert told.cbor_details == (b"\x82\x63why\x05", b"\xf5")
    assert isinstance(told_plain, Exited)
    assert told_plain.details == ()


async def test_a_detail_that_python_can_t_hold_leaves_the_rest() -> None:
    exited = Exited(100, "bug", 1, "e", (b"\x61\xff",))

    with pytest.raises(cbor2.CBORDecodeError):
        _ = exited.details
    assert exited.reason == "bug"


async def test_it_ends_well_after_what_it_said(address: str) -> None:
    async with connect(address) as gateway:
        await gateway.call("counter", ["reset"])
        async with gateway.attach() as me:
            for _ in range(1000):
                await me.send_named("counter", 1)
        assert (await gateway.call("counter", 1)).payload == ["count", 1001]
        assert [actor.id async for actor in gateway.local_actors()] == []


async def test_the_iteration_ends_with_the_stream(address: str) -> None:
    async with connect(address) as gateway, gateway.attach() as me:
        await me.send_named("echo", "last")
        event = await anext(me)
        me.half_close()

        assert [e async for e in me] == []
        assert isinstance(event, Delivery)


async def test_a_command_that_fails_is_raised_if_it_is_to_be_confirmed(
    address: str,
) -> None:
    async with connect(address) as gateway, gateway.attach() as me:
        with pytest.raises(GatewayError, match="ACTOR_UNKNOWN"):
            await me.send(4711, 1, confirm=True)


async def test_a_command_that_fails_is_told_otherwise(address: str) -> None:
    async with connect(address) as gateway, gateway.attach() as me:
        await me.send(4711, 1)
        failed = await anext(me)

    assert isinstance(failed, CommandFailed)
    assert failed.error.reason == "ACTOR_UNKNOWN"
    assert (failed.command, failed.target) == ("send", 4711)
    assert str(failed).startswith("send 4711 failed: ACTOR_UNKNOWN")


async def test_a_failure_names_its_command_among_others(address: str) -> None:
    async with connect(address) as gateway, gateway.attach() as me:
        await me.send_named("counter", 1)
        await me.send_named("echo", 1, endpoint="elsewhere")
        await me.link(1, endpoint="nowhere", incarnation=5)
        failed = [await anext(me) for _ in range(3)]

    assert {
        (one.command, one.target, one.endpoint)
        for one in failed
        if isinstance(one, CommandFailed)
    } == {("send_named", "echo", "elsewhere"), ("link", 1, "nowhere")}


async def test_a_second_reader_is_refused(address: str) -> None:
    async with connect(address) as gateway, gateway.attach() as me:
        first = asyncio.ensure_future(anext(me))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await anext(me)
        await me.send_named("echo", "for the first")
        delivery = await first

    assert isinstance(delivery, Delivery)
    assert delivery.payload == "for the first"


async def test_after_its_end_nothing_is_said(address: str) -> None:
    async with connect(address) as gateway:
        async with gateway.attach() as me:
            pass
        with pytest.raises(GatewayError, match="the actor is closed"):
            await me.send_named("echo", 1)


async def test_an_exception_cancels(address: str) -> None:
    async with connect(address) as gateway:
        with pytest.raises(ZeroDivisionError):
            async with gateway.attach(name="me"):
                raise ZeroDivisionError
        async with gateway.attach(name="me") as me:  # the name is free
            assert me.id > 0


async def test_a_listener_speaks_with_the_unary_calls(address: str) -> None:
    async with connect(address) as gateway, gateway.listen() as me:
        await gateway.send_named("echo", "mine", speaker=me.speaker)
        event = await anext(me)

    assert isinstance(event, Delivery)
    assert event.payload == "mine"
    assert me.speaker.token not in repr(me.speaker)


@pytest.mark.parametrize("gateway_is", ["", "MTI3LjAuMC4xOjE="])
async def test_who_speaks_knows_the_gateway_that_a_proxy_names(
    fake: Fake, gateway_is: str
) -> None:
    async with fake() as (gateway, client):
        if gateway_is:
            gateway.header = (("x-thespian-gateway", gateway_is),)
        async with client.attach() as me, client.listen() as other:
            assert me.speaker == Speaker(7, "secret", gateway_is)
            assert other.speaker == Speaker(7, "secret", gateway_is)


async def test_outside_of_async_with_it_is_none(address: str) -> None:
    async with connect(address) as gateway:
        me = gateway.attach()
        with pytest.raises(RuntimeError, match="async with"):
            _ = me.id
        with pytest.raises(RuntimeError, match="async with"):
            await me.send(1, 1)


async def test_an_actor_that_is_not_opened_in_time_is_given_up(
    fake: Fake,
) -> None:
    async with fake() as (gateway, _):
        gateway.opened = False
        async with connect(gateway.address, deadline=0.05) as client:
            with pytest.raises(GatewayError) as raised:
                await client.attach().__aenter__()
        assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_result_that_does_not_come_is_given_up(fake: Fake) -> None:
    async with fake() as (gateway, _):
        client = connect(gateway.address, deadline=0.1)
        async with client, client.attach() as me:
            with pytest.raises(GatewayError) as raised:
                await me.send(1, 1, confirm=True)
        assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_lost_stream_is_told_everywhere(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.told = [LOST]
        me = client.attach()
        await me.__aenter__()
        with pytest.raises(GatewayError, match="SHUTTING_DOWN"):
            await anext(me)
        with pytest.raises(GatewayError, match="SHUTTING_DOWN"):
            await me.send(1, 1)
        with pytest.raises(GatewayError, match="SHUTTING_DOWN"):
            await me.__aexit__(None, None, None)


async def test_who_waits_for_a_result_is_told_of_the_loss(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.hold.clear()
        me = client.attach()
        await me.__aenter__()
        waiting = asyncio.ensure_future(me.send(1, 1, confirm=True))
        await asyncio.sleep(0)

        me.cancel()

        with pytest.raises(GatewayError) as raised:
            await waiting
        assert raised.value.code is grpc.StatusCode.CANCELLED
        await me.__aexit__(None, None, None)


async def test_events_that_nobody_takes_stay_at_the_gateway(
    fake: Fake,
) -> None:
    delivery = pb.ActorEvent.Delivery(payload=pb.Payload(cbor=PAYLOAD))
    async with fake() as (gateway, client):
        gateway.told = [pb.ActorEvent(delivery=delivery)] * 2000  # 120 MB
        async with client.attach() as me:
            assert me._mailbox is not None
            while not me._mailbox._batches.full():
                await asyncio.sleep(0)
            assert gateway.written < 2000
            taken = [await anext(me) for _ in range(2000)]

    assert len(taken) == 2000


async def test_too_much_that_is_not_taken_makes_who_says_it_wait(
    fake: Fake,
) -> None:
    async with fake() as (gateway, client):
        gateway.hold.clear()
        async with client.attach(max_queued_bytes=1024) as me:

            async def say_much() -> None:
                for _ in range(2000):  # 120 MB
                    await me.send(1, PAYLOAD)

            saying = asyncio.ensure_future(say_much())
            while me._commands._bytes < 1024:
                await asyncio.sleep(0)
            assert not saying.done()
            gateway.hold.set()
            await saying
        said = sum(len(r.commands) for r in gateway.requests)
        assert said == 1 + 2000  # with open
