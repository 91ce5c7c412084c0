"""What an actor says, on its way into its stream.

Memory: at most `max_bytes` of commands wait, and one more; and one batch is
being written.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import grpc

from .errors import GatewayError
from .gen import gateway_pb2 as pb

_BATCH_BYTES = 64 * 1024
_BATCH_COMMANDS = 256


class CommandQueue:
    """Commands that wait; whatever waits goes out together."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._commands: deque[tuple[pb.ActorCommand, int]] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._closed = False
        self._error: GatewayError | None = None

    async def put(self, command: pb.ActorCommand) -> None:
        """Adds a command; waits while the queue is full.

        Raises:
          GatewayError: how the stream ended, if it has; FAILED_PRECONDITION if
            it ended well or the queue is closed.
        """
        while self._bytes >= self._max_bytes and not self._closed:
            self._room.clear()
            await self._room.wait()
        if self._error is not None:
            raise self._error
        if self._closed:
            raise GatewayError(
                grpc.StatusCode.FAILED_PRECONDITION,
                "the actor is closed: it says nothing any more",
            )
        size = command.ByteSize()
        self._commands.append((command, size))
        self._bytes += size
        self._changed.set()

    def close(self) -> None:
        """No more is added; the batches end with what waits."""
        self._closed = True
        self._changed.set()
        self._room.set()

    def abandon(self, error: GatewayError | None) -> None:
        """The stream has ended, perhaps with an error; nothing is written."""
        self._error = error
        self._commands.clear()
        self.close()

    async def batches(self) -> AsyncIterator[pb.AttachRequest]:
        """What is to be written, one batch after the other."""
        while True:
            while self._commands:
                yield self._take_batch()
            if self._closed:
                return
            self._changed.clear()
            await self._changed.wait()

    def _take_batch(self) -> pb.AttachRequest:
        batch: list[pb.ActorCommand] = []
        taken = 0
        while self._commands and len(batch) < _BATCH_COMMANDS:
            command, size = self._commands[0]
            if batch and taken + size > _BATCH_BYTES:
                break
            self._commands.popleft()
            batch.append(command)
            taken += size
        self._bytes -= taken
        self._room.set()
        return pb.AttachRequest(commands=batch)
