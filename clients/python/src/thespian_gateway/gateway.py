"""A client of one gateway: its unary calls, and what opens its streams."""

from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Self, TypeVar

import grpc

from . import payload
from .actor import Actor, Listener, Speaker
from .backoff import Backoff
from .errors import from_rpc
from .events import Reply
from .gen import gateway_pb2 as pb
from .gen.gateway_pb2_grpc import GatewayServiceStub
from .v1 import Endpoint, LocalActor, Proxy
from .watch import kinds_of, Watch

_TOKEN_KEY = "x-actor-token"  # noqa: S105 (the name of it)

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class Gateway:
    """A client of one gateway; use it within `async with`.

    Every method may raise a GatewayError, whose code is DEADLINE_EXCEEDED if
    the deadline passed and UNAVAILABLE if the gateway could not be reached or
    its child is down. Payloads are plain values, see `payload`; one that CBOR
    has no form for raises a cbor2.CBOREncodeError.

    Where a method takes an `endpoint`, empty means the only one, or the one
    named "default".
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        deadline: float = 30.0,
        backoff: Backoff = Backoff(),  # noqa: B008 (it is frozen)
    ) -> None:
        """Makes a client of a channel, which it closes at its end."""
        self._channel = channel
        self._stub = GatewayServiceStub(channel)
        self._deadline = deadline
        self._backoff = backoff

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends every call and stream, and the connection."""
        await self._channel.close()

    async def call(
        self,
        target: int | str,
        value: object,
        *,
        endpoint: str = "",
        deadline: float | None = None,
    ) -> Reply:
        """Sends one message and returns the first one sent back.

        Args:
          target: the id of a remote actor that has spoken, or a name.
          value: the payload.
          endpoint: whose actor it is.
          deadline: in seconds; None: the connection's.
        """
        request = pb.CallRequest(
            endpoint=endpoint,
            payload=pb.Payload(cbor=payload.encode(value)),
            reply_encoding=pb.PAYLOAD_ENCODING_CBOR,
        )
        if isinstance(target, str):
            request.to_name = target
        else:
            request.to_id = target
        response = await self._ask(self._stub.Call, request, deadline)
        return Reply(
            from_id=response.from_id,
            incarnation=response.incarnation,
            cbor=response.payload.cbor,
        )

    async def send(
        self,
        to_id: int,
        value: object,
        *,
        endpoint: str = "",
        incarnation: int = 0,
        speaker: Speaker | None = None,
        deadline: float | None = None,
    ) -> int:
        """Sends one message to a remote actor that has spoken.

        Delivery is at most once: an error other than DEADLINE_EXCEEDED and
        UNAVAILABLE says that it was not sent.

        Args:
          to_id: the actor.
          value: the payload.
          endpoint: whose actor it is.
          incarnation: the one in which the id was heard; 0: the current one.
          speaker: who says it, see `Actor.speaker`; None: nobody.
          deadline: in seconds; None: the connection's.

        Returns:
          The incarnation of the child that took it.
        """
        request = pb.SendRequest(
            endpoint=endpoint,
            from_id=speaker.actor_id if speaker else 0,
            to_id=to_id,
            incarnation=incarnation,
            payload=pb.Payload(cbor=payload.encode(value)),
        )
        response = await self._ask(self._stub.Send, request, deadline, speaker)
        return response.incarnation

    async def send_named(
        self,
        name: str,
        value: object,
        *,
        endpoint: str = "",
        speaker: Speaker | None = None,
        deadline: float | None = None,
    ) -> int:
        """Sends one message to the remote actor of that name; see `send`.

        Whether there is one only the child knows.
        """
        request = pb.SendNamedRequest(
            endpoint=endpoint,
            from_id=speaker.actor_id if speaker else 0,
            to_name=name,
            payload=pb.Payload(cbor=payload.encode(value)),
        )
        response = await self._ask(
            self._stub.SendNamed, request, deadline, speaker
        )
        return response.incarnation

    def attach(
        self, *, name: str = "", max_queued_bytes: int = 4 * 1024 * 1024
    ) -> Actor:
        """Becomes a local actor, within `async with`.

        Args:
          name: under which the child reaches it; empty: none.
          max_queued_bytes: of commands that may wait to be sent.
        """
        return Actor(self._stub, name, self._deadline, max_queued_bytes)

    def listen(self, *, name: str = "") -> Listener:
        """Becomes a local actor that only hears, within `async with`."""
        return Listener(self._stub, name, self._deadline)

    def watch(
        self,
        *,
        endpoint: str = "",
        after_sequence: int = 0,
        epoch: int = 0,
        skip_snapshot: bool = False,
        kinds: Iterable[str] = (),
        include_payloads: bool = False,
    ) -> Watch:
        """Watches the remote actors: a snapshot, then every event.

        Args:
          endpoint: empty: every one.
          after_sequence: go on after this event; 0: begin with a snapshot. If
            the gateway can't go on there, `NotResumed` and a snapshot come.
          epoch: the run of the gateway that `after_sequence` is of, see
            `Watch.epoch`; 0: not known. It can't go on after another run's.
          skip_snapshot: never a snapshot: with `after_sequence` 0 only what
            happens from now, otherwise an error (SEQUENCE_COMPACTED) if the
            gateway can't go on there.
          kinds: only these, such as "proxy_created"; empty: every kind.
          include_payloads: message events carry up to 4 KiB of their payload.

        Raises:
          ValueError: a kind is none.
        """
        request = pb.WatchProxiesRequest(
            endpoint=endpoint,
            after_sequence=after_sequence,
            epoch=epoch,
            skip_snapshot=skip_snapshot,
            kinds=kinds_of(kinds),
            include_payloads=include_payloads,
        )
        return Watch(self._stub, request, self._backoff)

    async def proxies(self, *, endpoint: str = "") -> AsyncIterator[Proxy]:
        """Lists the live proxies of an endpoint, page by page."""
        request = pb.ListProxiesRequest(endpoint=endpoint)
        while True:
            page = await self._ask(self._stub.ListProxies, request)
            for proxy in page.proxies:
                yield proxy
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def release(
        self, remote_id: int, *, endpoint: str = "", incarnation: int = 0
    ) -> int:
        """Drops a proxy; local actors linked to it are told `released`.

        Returns:
          The incarnation whose proxy it was.
        """
        request = pb.ReleaseProxyRequest(
            endpoint=endpoint, remote_id=remote_id, incarnation=incarnation
        )
        return (await self._ask(self._stub.ReleaseProxy, request)).incarnation

    async def local_actors(self) -> AsyncIterator[LocalActor]:
        """Lists the attached clients by rising id, page by page."""
        request = pb.ListLocalActorsRequest()
        while True:
            page = await self._ask(self._stub.ListLocalActors, request)
            for actor in page.actors:
                yield actor
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def endpoints(self) -> list[Endpoint]:
        """Describes every endpoint, ordered by name."""
        request = pb.ListEndpointsRequest()
        response = await self._ask(self._stub.ListEndpoints, request)
        return list(response.endpoints)

    async def endpoint(self, name: str = "") -> Endpoint:
        """Describes one endpoint."""
        request = pb.GetEndpointRequest(endpoint=name)
        return (await self._ask(self._stub.GetEndpoint, request)).endpoint

    async def _ask(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        deadline: float | None = None,
        speaker: Speaker | None = None,
    ) -> _Response:
        metadata = ((_TOKEN_KEY, speaker.token),) if speaker else None
        timeout = self._deadline if deadline is None else deadline
        try:
            return await method(request, timeout=timeout, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from None
