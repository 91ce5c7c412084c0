"""A client that has made itself a local actor."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import grpc

from . import arguments, payload
from .channel import Channel, Pairs
from .commands import CommandQueue
from .errors import GatewayError
from .events import ActorEvent, CommandFailed
from .gen import gateway_pb2 as pb
from .mailbox import Mailbox
from .speaker import Speaker
from .unanswered import Name, Unanswered


class Listener:
    """A local actor that only hears. It speaks with the gateway's unary calls.

    It is an actor within `async with`, and an async iterator of its events.
    The iteration ends when the stream does, with a GatewayError if that was no
    good end. One task at a time may wait for the next event; a second one is
    told so by a RuntimeError.
    """

    def __init__(self, channel: Channel, name: str, metadata: Pairs) -> None:
        self._channel = channel
        self._metadata = metadata
        self._open = pb.ActorCommand.Open(
            name=name, encoding=pb.PAYLOAD_ENCODING_CBOR
        )
        self._deadline = channel.deadline
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
                self._speaker = await self._mailbox.opened()
        except TimeoutError:
            await self._abort()
            raise GatewayError(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                f"the actor was not opened within {self._deadline} s",
            ) from None
        except BaseException:
            await self._abort()
            raise
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
        call = self._channel.begin(
            lambda: self._channel.stub.Listen(
                pb.ListenRequest(open=self._open), metadata=self._metadata
            )
        )
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
    unconfirmed is told among the events, as a CommandFailed that names it. A
    ValueError names the argument that is wrong; nothing was said then.

    At the end of `async with` it half-closes, so that the child is told
    `normal`, and waits for what it said to be taken. That raises a
    GatewayError if the stream ended badly. After an exception it cancels.
    """

    def __init__(
        self,
        channel: Channel,
        name: str,
        metadata: Pairs,
        max_queued_bytes: int,
    ) -> None:
        super().__init__(channel, name, metadata)
        self._commands = CommandQueue(max_queued_bytes)
        self._unanswered = Unanswered()

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
                endpoint=arguments.text("endpoint", endpoint),
                to_id=arguments.uint64("to_id", to_id),
                incarnation=arguments.uint64("incarnation", incarnation),
                payload=pb.Payload(cbor=payload.encode(value)),
            )
        )
        await self._say(command, ("send", to_id, endpoint), confirm)

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
                endpoint=arguments.text("endpoint", endpoint),
                to_name=arguments.text("name", name),
                payload=pb.Payload(cbor=payload.encode(value)),
            )
        )
        await self._say(command, ("send_named", name, endpoint), confirm)

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
                endpoint=arguments.text("endpoint", endpoint),
                remote_id=arguments.uint64("remote_id", remote_id),
                incarnation=arguments.uint64("incarnation", incarnation),
            )
        )
        await self._say(command, ("link", remote_id, endpoint), confirm)

    def half_close(self) -> None:
        """Says nothing any more; events still come until the stream ends."""
        self._commands.close()

    def _start(self) -> Mailbox:
        call = self._channel.begin(
            lambda: self._channel.stub.Attach(
                self._requests(), metadata=self._metadata
            )
        )
        return Mailbox(call, self._on_result, self._on_end)

    async def _requests(self) -> AsyncIterator[pb.AttachRequest]:
        yield pb.AttachRequest(commands=[pb.ActorCommand(open=self._open)])
        async for batch in self._commands.batches():
            yield batch

    async def _say(
        self, command: pb.ActorCommand, name: Name, confirm: bool
    ) -> None:
        self._started()
        try:
            if confirm:
                await self._confirm(command)
            else:
                self._unanswered.add(command, name)
                await self._commands.put(command)
        except BaseException:
            self._unanswered.forget(command)
            raise

    async def _confirm(self, command: pb.ActorCommand) -> None:
        result = self._unanswered.expect(command)
        try:
            async with asyncio.timeout(self._deadline):
                await self._commands.put(command)
                error = await result
        except TimeoutError:
            raise GatewayError(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                f"the gateway said nothing of it within {self._deadline} s",
            ) from None
        if error is not None:
            raise error

    def _on_result(
        self, command_id: int, error: GatewayError | None
    ) -> CommandFailed | None:
        return self._unanswered.settle(command_id, error)

    def _on_end(self, error: GatewayError | None) -> None:
        self._commands.abandon(error)
        self._unanswered.end(error)
