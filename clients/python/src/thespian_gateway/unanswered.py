"""The commands of an actor that the gateway has not answered yet.

Each has an id, so that the gateway answers it and a failure can be told with
the command that it is of.

Memory: an entry for each command that waits or is under way. The gateway reads
no more commands while many answers wait to be read.
"""

import asyncio

import grpc

from .errors import GatewayError
from .events import CommandFailed
from .gen import gateway_pb2 as pb

_Result = asyncio.Future[GatewayError | None]
#: The kind of a command, its target and its endpoint.
Name = tuple[str, int | str, str]


class Unanswered:
    """Gives commands their ids, and finds them again by these."""

    def __init__(self) -> None:
        self._last = 0
        self._names: dict[int, Name] = {}  # of those nobody waits for
        self._results: dict[int, _Result] = {}  # of the others

    def add(self, command: pb.ActorCommand, name: Name) -> None:
        """Gives an id to a command that nobody will wait for."""
        self._last += 1
        command.command_id = self._last
        self._names[self._last] = name

    def expect(self, command: pb.ActorCommand) -> _Result:
        """Gives an id to a command; returns what will be its result."""
        self._last += 1
        command.command_id = self._last
        result = asyncio.get_running_loop().create_future()
        self._results[self._last] = result
        return result

    def forget(self, command: pb.ActorCommand) -> None:
        """Nobody waits any more, or it was never said."""
        self._names.pop(command.command_id, None)
        self._results.pop(command.command_id, None)

    def settle(
        self, command_id: int, error: GatewayError | None
    ) -> CommandFailed | None:
        """Tells who waits; returns a failure that nobody waits for."""
        name = self._names.pop(command_id, None)
        if name is not None:
            return None if error is None else CommandFailed(error, *name)
        result = self._results.pop(command_id, None)
        if result is not None and not result.done():
            result.set_result(error)
        return None

    def end(self, error: GatewayError | None) -> None:
        """Tells all who wait that no more is answered."""
        self._names.clear()
        unknown = error or GatewayError(
            grpc.StatusCode.CANCELLED, "the stream ended before its result came"
        )
        for command_id in list(self._results):
            self.settle(command_id, unknown)
