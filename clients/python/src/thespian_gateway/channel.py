"""The channel to one gateway, and what every RPC on it has in common."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import grpc

from . import arguments
from .arguments import Metadata
from .errors import from_rpc, GatewayError
from .gen.admin_pb2_grpc import AdminServiceStub
from .gen.gateway_pb2_grpc import GatewayServiceStub
from .speaker import proof, Speaker

_ENDPOINT_KEY = "x-thespian-endpoint"

Pairs = tuple[tuple[str, str | bytes], ...]

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
_Call = TypeVar("_Call")


class Channel:
    """Makes RPCs, with a deadline and with metadata.

    Owns the gRPC channel. Once it was closed each RPC raises a GatewayError,
    FAILED_PRECONDITION; one that was under way then CANCELLED.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        deadline: float,
        metadata: Metadata | None = None,
    ) -> None:
        #: Of what has one answer, in seconds.
        self.deadline = arguments.seconds("deadline", deadline)
        self.stub = GatewayServiceStub(channel)
        self.admin_stub = AdminServiceStub(channel)
        self._channel = channel
        self._metadata = arguments.pairs(metadata)
        self._closed = False

    async def close(self) -> None:
        """Ends every RPC, and the connection."""
        self._closed = True
        await self._channel.close()

    def metadata(
        self,
        metadata: Metadata | None = None,
        *,
        endpoint: str = "",
        speaker: Speaker | None = None,
    ) -> Pairs:
        """What an RPC carries: the user's, and what proxies and gateway read.

        Args:
          metadata: of this RPC, after that of all.
          endpoint: which the request names; proxies may choose the gateway by
            it.
          speaker: the local actor that speaks, if it does; also for proxies.
        """
        own: Pairs = ()
        if arguments.is_header(endpoint):
            own += ((_ENDPOINT_KEY, endpoint),)
        return self._metadata + arguments.pairs(metadata) + own + proof(speaker)

    async def ask(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        *,
        metadata: Pairs,
        deadline: float | None = None,
    ) -> _Response:
        """Makes an RPC that has one answer.

        Args:
          method: of one of the stubs.
          request: its.
          metadata: see `metadata`.
          deadline: in seconds; None: the channel's.
        """
        timeout = (
            self.deadline
            if deadline is None
            else arguments.seconds("deadline", deadline)
        )
        try:
            return await self.begin(
                lambda: method(request, timeout=timeout, metadata=metadata)
            )
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from None
        except asyncio.CancelledError:
            if self._closed and not _is_cancelled():
                raise GatewayError(
                    grpc.StatusCode.CANCELLED, "the client was closed"
                ) from None
            raise

    def begin(self, make: Callable[[], _Call]) -> _Call:
        """Makes an RPC, unless the channel is closed."""
        if self._closed:
            raise GatewayError(
                grpc.StatusCode.FAILED_PRECONDITION, "the client is closed"
            )
        return make()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
