"""The receiving half of an actor's stream, of Attach and of Listen.

A task of its own reads the stream, so that the results of commands are known
whether or not anybody takes the events. While `_MAX_BATCHES` of them wait it
does not read; what is left unread for long makes the gateway cut the actor off
(MAILBOX_FULL).

Memory: `_MAX_BATCHES` responses, each of at most 64 KiB or one payload, and
what gRPC keeps.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

import grpc

from .errors import from_rpc, from_status, GatewayError
from .events import ActorEvent, CommandFailed, from_message
from .gen import gateway_pb2 as pb
from .speaker import gateway_in, Speaker
from .turn import Turn

_MAX_BATCHES = 16

StreamCall = (
    grpc.aio.StreamStreamCall[pb.AttachRequest, pb.AttachResponse]
    | grpc.aio.UnaryStreamCall[pb.ListenRequest, pb.ListenResponse]
)
#: Is told how a command ended; returns the event that this makes, if any.
OnResult = Callable[[int, GatewayError | None], CommandFailed | None]
OnEnd = Callable[[GatewayError | None], None]


class Mailbox:
    """Reads a stream: tells results and the end, and keeps events."""

    def __init__(
        self, call: StreamCall, on_result: OnResult, on_end: OnEnd
    ) -> None:
        self._call = call
        self._on_result = on_result
        self._on_end = on_end
        self._opened: pb.ActorEvent.Opened | None = None
        self._open_or_ended = asyncio.Event()
        self._batches: asyncio.Queue[list[ActorEvent] | None] = asyncio.Queue(
            _MAX_BATCHES
        )
        self._events: deque[ActorEvent] = deque()
        self._turn = Turn()
        self._discarding = False
        self._error: GatewayError | None = None
        self._emptied = False
        self._reader = asyncio.create_task(self._read())

    async def opened(self) -> Speaker:
        """Waits until the gateway has made the actor, or refused to."""
        await self._open_or_ended.wait()
        if self._opened is not None:
            gateway = gateway_in(await self._call.initial_metadata())
            return Speaker(self._opened.actor_id, self._opened.token, gateway)
        raise self._error or GatewayError(
            grpc.StatusCode.INTERNAL, "the stream ended before it was opened"
        )

    async def take(self) -> ActorEvent:
        """Waits for the next event.

        Raises:
          StopAsyncIteration: the stream has ended well, or was cancelled here.
          GatewayError: how it ended otherwise.
          RuntimeError: another task waits already.
        """
        with self._turn:
            while not self._events and not self._emptied:
                batch = await self._batches.get()
                if batch is None:
                    self._emptied = True
                else:
                    self._events.extend(batch)
        if self._events:
            return self._events.popleft()
        if self._error is None:
            raise StopAsyncIteration
        raise self._error

    def cancel(self) -> None:
        """Ends the stream at once; what waits is thrown away."""
        self._discard()
        self._call.cancel()

    async def close(self, patience: float) -> GatewayError | None:
        """Throws away what comes until the stream ends, and tells how it did.

        Cancels it after `patience` seconds.
        """
        self._discard()
        await asyncio.wait({self._reader}, timeout=patience)
        if not self._reader.done():
            self.cancel()
            await asyncio.wait({self._reader})
        return self._error

    def _discard(self) -> None:
        self._discarding = self._emptied = True
        self._events.clear()
        while not self._batches.empty():
            self._batches.get_nowait()
        self._batches.put_nowait(None)  # for those who wait in `take`

    async def _read(self) -> None:
        try:
            async for response in self._call:
                batch = list(self._sort(response.events))
                if batch and not self._discarding:
                    await self._batches.put(batch)
        except grpc.aio.AioRpcError as error:
            self._error = from_rpc(error)
        except asyncio.CancelledError:
            # By `cancel`, or with all tasks of a program that ends.
            self.cancel()
        self._open_or_ended.set()
        self._on_end(self._error)
        if not self._discarding:
            await self._batches.put(None)

    def _sort(self, events: Iterable[pb.ActorEvent]) -> Iterable[ActorEvent]:
        for event in events:
            kind = event.WhichOneof("event")
            if kind == "command_result":
                failed = self._hear(event.command_result)
                if failed is not None:
                    yield failed
            elif kind == "opened":
                self._opened = event.opened
                self._open_or_ended.set()
            elif (known := from_message(event)) is not None:
                yield known

    def _hear(
        self, result: pb.ActorEvent.CommandResult
    ) -> CommandFailed | None:
        error = from_status(result.status) if result.status.code else None
        return self._on_result(result.command_id, error)
