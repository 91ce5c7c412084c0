import asyncio

import grpc
import pytest

from thespian_gateway import GatewayError
from thespian_gateway.commands import CommandQueue
from thespian_gateway.gen import gateway_pb2 as pb

KIB = 1024


def command(number: int, size: int = 0) -> pb.ActorCommand:
    payload = pb.Payload(cbor=bytes(size))
    return pb.ActorCommand(
        command_id=number, send=pb.ActorCommand.Send(payload=payload)
    )


def ids(batch: pb.AttachRequest) -> list[int]:
    return [one.command_id for one in batch.commands]


async def test_what_waits_goes_out_together() -> None:
    queue = CommandQueue(max_bytes=KIB)
    for number in range(3):
        await queue.put(command(number))
    queue.close()

    assert [ids(b) async for b in queue.batches()] == [[0, 1, 2]]


async def test_a_batch_is_bounded_in_commands() -> None:
    queue = CommandQueue(max_bytes=64 * KIB)
    for number in range(300):
        await queue.put(command(number))
    queue.close()

    batches = [ids(b) async for b in queue.batches()]

    assert batches == [list(range(256)), list(range(256, 300))]


async def test_a_batch_is_bounded_in_bytes_but_never_empty() -> None:
    queue = CommandQueue(max_bytes=400 * KIB)
    for number, size in enumerate([100, 40, 20, 20]):
        await queue.put(command(number, size * KIB))
    queue.close()

    assert [ids(b) async for b in queue.batches()] == [[0], [1, 2], [3]]


async def test_who_says_too_much_waits_for_room() -> None:
    queue = CommandQueue(max_bytes=10)
    await queue.put(command(0, 100))  # the one that may be over
    late = asyncio.create_task(queue.put(command(1)))
    await asyncio.sleep(0)
    assert not late.done()

    batches = queue.batches()

    assert ids(await anext(batches)) == [0]
    await late
    assert ids(await anext(batches)) == [1]


async def test_nothing_is_added_after_the_close() -> None:
    queue = CommandQueue(max_bytes=KIB)
    queue.close()

    with pytest.raises(GatewayError, match="FAILED_PRECONDITION"):
        await queue.put(command(0))


async def test_who_waits_is_told_how_the_stream_ended() -> None:
    queue = CommandQueue(max_bytes=1)
    await queue.put(command(0, 100))
    late = asyncio.create_task(queue.put(command(1)))
    await asyncio.sleep(0)
    lost = GatewayError(grpc.StatusCode.UNAVAILABLE, "lost")

    queue.abandon(lost)

    with pytest.raises(GatewayError) as raised:
        await late
    assert raised.value is lost
    assert [ids(b) async for b in queue.batches()] == []
