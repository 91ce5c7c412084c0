"""A gateway that does what the test says, over real gRPC."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from thespian_gateway.gen import gateway_pb2 as pb
from thespian_gateway.gen import gateway_pb2_grpc

Watched = Callable[[pb.WatchProxiesRequest], list[Any]]

OPENED = pb.ActorEvent(opened=pb.ActorEvent.Opened(actor_id=7, token="secret"))


class Broken:
    """In a script: the stream ends so."""

    def __init__(self, code: grpc.StatusCode, reason: str = "") -> None:
        self.code = code
        self.reason = reason


def details(reason: str) -> status_pb2.Status:
    """A status with an ErrorInfo."""
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason))
    return status_pb2.Status(details=[detail])


class FakeGateway(gateway_pb2_grpc.GatewayServiceServicer):
    """Plays a script for each WatchProxies, and notes what actors say."""

    def __init__(self, address: str) -> None:
        self.address = address
        #: For each WatchProxies in turn: events, whole responses, `Broken`, or
        #: None to wait.
        self.scripts: list[
            list[pb.ProxyEvent | pb.WatchProxiesResponse | Broken | None]
        ] = []
        self.watched: list[pb.WatchProxiesRequest] = []
        #: For each Attach: what is told after `opened`.
        self.told: list[pb.ActorEvent | Broken] = []
        self.written = 0  # of `told`
        #: What the streams of actors begin with: header, as of a proxy.
        self.header: tuple[tuple[str, str], ...] = ()
        #: Whether Attach is ever opened.
        self.opened = True
        self.requests: list[pb.AttachRequest] = []
        #: Attach reads on while it is set.
        self.hold = asyncio.Event()
        self.hold.set()
        self._server = grpc.aio.server()
        gateway_pb2_grpc.add_GatewayServiceServicer_to_server(
            self, self._server
        )

    async def __aenter__(self) -> Self:
        self._server.add_insecure_port(self.address)
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)

    async def WatchProxies(  # noqa: N802
        self, request: pb.WatchProxiesRequest, context: Any
    ) -> AsyncIterator[pb.WatchProxiesResponse]:
        """Plays the next script."""
        self.watched.append(request)
        script = self.scripts.pop(0)
        if not (script and isinstance(script[0], Broken)):
            await context.send_initial_metadata(())
        for step in script:
            if isinstance(step, Broken):
                await _abort(context, step)
            elif step is None:
                await asyncio.Event().wait()
            elif isinstance(step, pb.WatchProxiesResponse):
                yield step
            else:
                yield pb.WatchProxiesResponse(events=[step])

    async def Attach(  # noqa: N802
        self, requests: AsyncIterator[pb.AttachRequest], context: Any
    ) -> AsyncIterator[pb.AttachResponse]:
        """Opens an actor, tells it what there is to tell, and hears it."""
        self.requests.append(await anext(requests))
        if not self.opened:
            await asyncio.Event().wait()
        await context.send_initial_metadata(self.header)
        yield pb.AttachResponse(events=[OPENED])
        for event in self.told:
            if isinstance(event, Broken):
                await _abort(context, event)
            else:
                yield pb.AttachResponse(events=[event])
                self.written += 1
        await self.hold.wait()
        async for request in requests:
            self.requests.append(request)

    async def Listen(  # noqa: N802
        self, request: pb.ListenRequest, context: Any
    ) -> AsyncIterator[pb.ListenResponse]:
        """Opens an actor, and tells it nothing."""
        await context.send_initial_metadata(self.header)
        yield pb.ListenResponse(events=[OPENED])
        await asyncio.Event().wait()


async def _abort(context: Any, how: Broken) -> None:
    status = details(how.reason).SerializeToString()
    await context.abort(
        how.code,
        how.reason,
        (("grpc-status-details-bin", status),) if how.reason else (),
    )
