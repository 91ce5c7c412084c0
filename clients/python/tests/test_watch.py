import asyncio
from collections.abc import Callable

import grpc
import pytest
from conftest import Faked
from fake_gateway import Broken

from thespian_gateway import (
    connect,
    GatewayError,
    NotResumed,
    ProxyEvent,
    Watch,
)
from thespian_gateway.gen import gateway_pb2 as pb
from thespian_gateway.v1 import ProtocolWarning

LOST = Broken(grpc.StatusCode.UNAVAILABLE)
RESET = Broken(grpc.StatusCode.INTERNAL)  # as by a proxy
BROKEN = Broken(grpc.StatusCode.UNKNOWN)
SLOW = Broken(grpc.StatusCode.RESOURCE_EXHAUSTED, "MAILBOX_FULL")
LIMIT = Broken(grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_REACHED")
COMPACTED = Broken(grpc.StatusCode.OUT_OF_RANGE, "SEQUENCE_COMPACTED")

Fake = Callable[[], Faked]


def created(sequence: int) -> pb.ProxyEvent:
    return pb.ProxyEvent(
        sequence=sequence, proxy_created=pb.ProxyCreated(remote_id=sequence)
    )


def complete(sequence: int) -> pb.ProxyEvent:
    return pb.ProxyEvent(
        sequence=sequence, snapshot_complete=pb.SnapshotComplete(proxies=1)
    )


async def take(watch: Watch, number: int) -> list[int | str]:
    """Sequences of events, and "not resumed"."""
    taken: list[int | str] = []
    for _ in range(number):
        event = await anext(watch)
        if isinstance(event, ProxyEvent):
            taken.append(event.sequence)
        else:
            taken.append("not resumed")
    return taken


@pytest.mark.parametrize("loss", [LOST, RESET, BROKEN, SLOW])
async def test_it_resumes_after_the_last_event(
    fake: Fake, loss: Broken
) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [
            [created(0), complete(5), created(6), loss],
            [loss],
            [created(7), None],
        ]

        async with client.watch(kinds=["proxy_created"]) as watch:
            assert await take(watch, 4) == [0, 5, 6, 7]

        asked = [(r.after_sequence, r.skip_snapshot) for r in gateway.watched]
        assert asked == [(0, False), (6, True), (6, True)]
        assert [list(r.kinds) for r in gateway.watched] == [[2], [2], [2]]


async def test_a_protocol_warning_is_told_with_its_hint(fake: Fake) -> None:
    warning = ProtocolWarning(text="ids are plain", hint="--dialect plain")
    async with fake() as (gateway, client):
        gateway.scripts = [
            [pb.ProxyEvent(sequence=6, protocol_warning=warning), None]
        ]

        kinds = ["protocol_warning"]
        async with client.watch(after_sequence=5, kinds=kinds) as watch:
            event = await anext(watch)

        assert isinstance(event, ProxyEvent)
        assert (event.kind, event.sequence) == ("protocol_warning", 6)
        assert event.body == warning
        assert list(gateway.watched[0].kinds) == [
            pb.PROXY_EVENT_KIND_PROTOCOL_WARNING
        ]


async def test_a_heartbeat_is_only_a_place_to_resume_from(fake: Fake) -> None:
    def heartbeat(sequence: int) -> pb.ProxyEvent:
        return pb.ProxyEvent(sequence=sequence, heartbeat=pb.Heartbeat())

    async with fake() as (gateway, client):
        gateway.scripts = [
            [heartbeat(0), complete(5), heartbeat(8), LOST],
            [created(9), None],
        ]

        async with client.watch() as watch:
            assert await take(watch, 2) == [5, 9]

        assert [r.after_sequence for r in gateway.watched] == [0, 8]


async def test_it_says_when_it_can_t_resume(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [
            [complete(5), created(6), LOST],
            [COMPACTED],
            [created(0), complete(9), created(10), None],
        ]

        async with client.watch() as watch:
            assert await take(watch, 2) == [5, 6]
            assert await anext(watch) == NotResumed(after_sequence=6)
            assert await take(watch, 3) == [0, 9, 10]

        asked = [(r.after_sequence, r.skip_snapshot) for r in gateway.watched]
        assert asked == [(0, False), (6, True), (0, False)]


async def test_it_names_the_run_that_its_place_is_of(fake: Fake) -> None:
    def first(epoch: int, event: pb.ProxyEvent) -> pb.WatchProxiesResponse:
        return pb.WatchProxiesResponse(epoch=epoch, events=[event])

    async with fake() as (gateway, client):
        gateway.scripts = [
            [first(70, complete(5)), created(6), LOST],
            [LOST],
            [first(70, created(7)), LOST],
            [COMPACTED],
            [first(71, complete(4)), LOST],
            [first(71, created(5)), None],
        ]

        async with client.watch() as watch:
            assert await take(watch, 3) == [5, 6, 7]
            assert watch.epoch == 70
            assert await take(watch, 3) == ["not resumed", 4, 5]
            assert watch.epoch == 71

        asked = [(r.after_sequence, r.epoch) for r in gateway.watched]
        assert asked == [(0, 0), (6, 70), (6, 70), (7, 70), (0, 0), (4, 71)]


async def test_it_names_the_run_that_it_was_given(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[created(9), None]]

        async with client.watch(after_sequence=8, epoch=70) as watch:
            assert await take(watch, 1) == [9]

        assert [r.epoch for r in gateway.watched] == [70]


async def test_half_a_snapshot_is_no_place_to_resume_from(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [
            [created(0), LOST],
            [created(0), complete(8), None],
        ]

        async with client.watch() as watch:
            assert await take(watch, 4) == [0, "not resumed", 0, 8]

        assert [r.after_sequence for r in gateway.watched] == [0, 0]


async def test_one_loss_after_the_other_is_told_once(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[created(0), LOST], [LOST], [complete(8), None]]

        async with client.watch() as watch:
            assert await take(watch, 3) == [0, "not resumed", 8]


async def test_a_start_that_is_compacted_gets_a_snapshot(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[COMPACTED], [created(9), complete(9), None]]

        async with client.watch(after_sequence=3) as watch:
            assert await anext(watch) == NotResumed(after_sequence=3)
            assert await take(watch, 2) == [9, 9]


async def test_without_a_snapshot_a_compacted_start_is_an_error(
    fake: Fake,
) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[COMPACTED]]

        watch = client.watch(after_sequence=3, skip_snapshot=True)
        with pytest.raises(GatewayError, match="SEQUENCE_COMPACTED"):
            await anext(watch)


async def test_a_watch_that_can_t_begin_fails(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[LIMIT]]

        with pytest.raises(GatewayError, match="LIMIT_REACHED"):
            await anext(client.watch())


async def test_one_that_breaks_before_it_began_fails(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[RESET]]

        with pytest.raises(GatewayError, match="INTERNAL"):
            await anext(client.watch())


async def test_a_gateway_that_is_not_there_is_an_error() -> None:
    async with connect("unix:/nonexistent") as client:
        with pytest.raises(GatewayError) as raised:
            await anext(client.watch())
        assert raised.value.code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("code", ["INTERNAL", "UNKNOWN"])
async def test_what_has_a_reason_ends_it(fake: Fake, code: str) -> None:
    end = Broken(grpc.StatusCode[code], "SOME_REASON")
    async with fake() as (gateway, client):
        gateway.scripts = [[complete(5), end]]

        async with client.watch() as watch:
            assert await take(watch, 1) == [5]
            with pytest.raises(GatewayError, match="SOME_REASON"):
                await anext(watch)


async def test_other_errors_end_it(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[complete(5), LOST], [LIMIT]]

        async with client.watch() as watch:
            assert await take(watch, 1) == [5]
            with pytest.raises(GatewayError, match="LIMIT_REACHED"):
                await anext(watch)


async def test_a_wait_that_is_cancelled_loses_nothing(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[complete(5), created(6), None]]

        async with client.watch() as watch:
            for _ in range(3):
                waiting = asyncio.ensure_future(anext(watch))
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.wait({waiting})
            assert await take(watch, 2) == [5, 6]
        assert len(gateway.watched) == 1


async def test_it_ends_when_it_is_closed(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[complete(5), None]]
        watch = client.watch()
        assert await take(watch, 1) == [5]
        waiting = asyncio.ensure_future(anext(watch, None))
        await asyncio.sleep(0)

        await watch.aclose()

        assert await waiting is None
        assert await anext(watch, None) is None


async def test_a_kind_that_is_none_is_refused(fake: Fake) -> None:
    async with fake() as (_, client):
        with pytest.raises(ValueError, match=r"nonsense.*proxy_created"):
            client.watch(kinds=["nonsense"])


async def test_a_second_reader_is_refused(fake: Fake) -> None:
    async with fake() as (gateway, client):
        gateway.scripts = [[None]]
        async with client.watch() as events:
            first = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await anext(events)
            first.cancel()
