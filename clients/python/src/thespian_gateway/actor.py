"""A client that has made itself a local actor."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TYPE_CHECKING

import grpc

from . import payload
from .commands import CommandQueue
from .errors import GatewayError
from .events import ActorEvent
from .gen import gateway_pb2 as pb
from .mailbox import Mailbox

if TYPE_CHECKING:  # it is a type only
    from .gen.gateway_pb2_grpc import GatewayServiceAsyncStub


@dataclass(frozen=True, slots=True)
class Speaker:
    """Lets the unary calls speak for a local actor."""

    actor_id: int
    token: str = field(repr=False)  # a secret


class Listener:
    """A local actor that only hears. It speaks with the gateway's unary calls.

    It is an actor within `async with`, and an async iterator of its events.
    The iteration ends when the stream does, with a GatewayError if that was no
    good end.
    """

    def __init__(
        self, stub: "GatewayServiceAsyncStub", name: str, deadline: float
    ) -> None:
        self._stub = stub
        self._open = pb.ActorCommand.Open(
            name=name, encoding=pb.PAYLOAD_ENCODING_CBOR
        )
        self._deadline = deadline
        self._mailbox: Mailbox | None = None
        self._speaker: Speaker | None = None

    @property
    def id(self) -> int:
        """The actor's id, by which the child knows it."""
        return self.speaker.actor_id

    @property
    def speaker(self) -> Speaker:
        """Who it is, for `Gateway.send` and `Gateway.send_named`."""
        if self._speaker is None:
            raise RuntimeError("it is an actor only within `async with`")
        return self._speaker

    async def __aenter__(self) -> Self:
        self._mailbox = self._start()
        try:
            async with asyncio.timeout(self._deadline):
                opened = await self._mailbox.opened()
        except TimeoutError:
            await self._abort()
            raise GatewayError(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                f"the actor was not opened within {self._deadline} s",
            ) from None
        except BaseException:
            await self._abort()
            raise
        self._speaker = Speaker(opened.actor_id, opened.token)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._abort()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ActorEvent:
        return await self._started().take()

    def cancel(self) -> None:
        """Ends the stream at once: the child is told `disconnected`."""
        self._started().cancel()

    def _start(self) -> Mailbox:
        call = self._stub.Listen(pb.ListenRequest(open=self._open))
        return Mailbox(call, lambda _, __: None, lambda _: None)

    def _started(self) -> Mailbox:
        if self._mailbox is None:
            raise RuntimeError("it is an actor only within `async with`")
        return self._mailbox

    async def _abort(self) -> None:
        mailbox = self._started()
        mailbox.cancel()
        await mailbox.close(self._deadline)


class Actor(Listener):
    """A local actor that hears and speaks, in one stream.

    What it says goes out in the order in which it was said, many commands at a
    time when they come quickly. `send`, `send_named` and `link` wait only
    while too much of it waits; with `confirm` they wait for the gateway's
    word, and raise a GatewayError if the command failed. A command that fails
    unconfirmed is told among the events.

    At the end of `async with` it half-closes, so that the child is told
    `normal`, and waits for what it said to be taken. That raises a
    GatewayError if the stream ended badly. After an exception it cancels.
    """

    def __init__(
        self,
        stub: "GatewayServiceAsyncStub",
        name: str,
        deadline: float,
        max_queued_bytes: int,
    ) -> None:
        super().__init__(stub, name, deadline)
        self._commands = CommandQueue(max_queued_bytes)
        self._command_ids = itertools.count(1)
        self._results: dict[int, asyncio.Future[GatewayError | None]] = {}

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            return await self._abort()
        self.half_close()
        how = await self._started().close(self._deadline)
        if how is not None:
            raise how
        return None

    async def send(
        self,
        to_id: int,
        value: object,
        *,
        endpoint: str = "",
        incarnation: int = 0,
        confirm: bool = False,
    ) -> None:
        """Sends to a remote actor by id; see `Gateway.send`."""
        command = pb.ActorCommand(
            send=pb.ActorCommand.Send(
                endpoint=endpoint,
                to_id=to_id,
                incarnation=incarnation,
                payload=pb.Payload(cbor=payload.encode(value)),
            )
        )
        await self._say(command, confirm)

    async def send_named(
        self,
        name: str,
        value: object,
        *,
        endpoint: str = "",
        confirm: bool = False,
    ) -> None:
        """Sends to a remote actor by name; see `Gateway.send_named`."""
        command = pb.ActorCommand(
            send_named=pb.ActorCommand.SendNamed(
                endpoint=endpoint,
                to_name=name,
                payload=pb.Payload(cbor=payload.encode(value)),
            )
        )
        await self._say(command, confirm)

    async def link(
        self,
        remote_id: int,
        *,
        endpoint: str = "",
        incarnation: int = 0,
        confirm: bool = False,
    ) -> None:
        """Links to a remote actor: when either ends, the other is told.

        If it is gone already an `Exited` comes at once.
        """
        command = pb.ActorCommand(
            link=pb.ActorCommand.Link(
                endpoint=endpoint, remote_id=remote_id, incarnation=incarnation
            )
        )
        await self._say(command, confirm)

    def half_close(self) -> None:
        """Says nothing any more; events still come until the stream ends."""
        self._commands.close()

    def _start(self) -> Mailbox:
        call = self._stub.Attach(self._requests())
        return Mailbox(call, self._on_result, self._on_end)

    async def _requests(self) -> AsyncIterator[pb.AttachRequest]:
        yield pb.AttachRequest(commands=[pb.ActorCommand(open=self._open)])
        async for batch in self._commands.batches():
            yield batch

    async def _say(self, command: pb.ActorCommand, confirm: bool) -> None:
        self._started()
        if not confirm:
            return await self._commands.put(command)
        command.command_id = next(self._command_ids)
        result = asyncio.get_running_loop().create_future()
        self._results[command.command_id] = result
        try:
            async with asyncio.timeout(self._deadline):
                await self._commands.put(command)
                error = await result
        except TimeoutError:
            raise GatewayError(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                f"the gateway said nothing of it within {self._deadline} s",
            ) from None
        finally:
            del self._results[command.command_id]
        if error is not None:
            raise error
        return None

    def _on_result(self, command_id: int, error: GatewayError | None) -> None:
        result = self._results.get(command_id)
        if result is not None and not result.done():
            result.set_result(error)

    def _on_end(self, error: GatewayError | None) -> None:
        self._commands.abandon(error)
        unknown = error or GatewayError(
            grpc.StatusCode.CANCELLED, "the stream ended before its result came"
        )
        for command_id in self._results:
            self._on_result(command_id, unknown)
