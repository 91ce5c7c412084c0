"""A client of one gateway: its unary calls, and what opens its streams."""

from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Self

import grpc

from . import arguments, payload
from .actor import Actor, Listener
from .admin import Admin
from .arguments import Metadata
from .backoff import Backoff
from .channel import Channel
from .events import Reply
from .gen import gateway_pb2 as pb
from .speaker import check_speaker, Speaker
from .v1 import Endpoint, LocalActor, Proxy
from .watch import kinds_of, Watch


class Gateway:
    """A client of one gateway; use it within `async with`.

    Every method may raise a GatewayError, whose code is DEADLINE_EXCEEDED if
    the deadline passed, UNAVAILABLE if the gateway could not be reached or its
    child is down, and FAILED_PRECONDITION after `aclose`. A ValueError names
    the argument that is of the wrong type or out of range; nothing was sent
    then. Payloads are plain values, see `payload`; `value` is wrong if CBOR
    has no form for it.

    Where a method takes an `endpoint`, empty means the only one, or the one
    named "default"; the RPC carries it in the metadata "x-thespian-endpoint"
    too, for proxies. `metadata` is what else an RPC carries, after that of
    `connect`; a `deadline` is in seconds, and None is that of `connect`.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        deadline: float = 30.0,
        backoff: Backoff = Backoff(),  # noqa: B008 (it is frozen)
        metadata: Metadata | None = None,
    ) -> None:
        """Makes a client of a channel, which it closes at its end."""
        self._channel = Channel(channel, deadline, metadata)
        self._stub = self._channel.stub
        self._backoff = backoff
        #: For operators: children's lives, the configuration, the last frames.
        self.admin = Admin(self._channel)

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
        metadata: Metadata | None = None,
    ) -> Reply:
        """Sends one message and returns the first one sent back.

        Args:
          target: the id of a remote actor that has spoken, or a name.
          value: the payload.
          endpoint: whose actor it is.
          deadline: of this call.
          metadata: of this call.
        """
        request = pb.CallRequest(
            endpoint=arguments.text("endpoint", endpoint),
            payload=pb.Payload(cbor=payload.encode(value)),
            reply_encoding=pb.PAYLOAD_ENCODING_CBOR,
        )
        if isinstance(target, str):
            request.to_name = arguments.text("target", target)
        else:
            request.to_id = arguments.uint64("target", target)
        response = await self._channel.ask(
            self._stub.Call,
            request,
            deadline=deadline,
            metadata=self._channel.metadata(metadata, endpoint=endpoint),
        )
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
        metadata: Metadata | None = None,
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
          deadline: of this call.
          metadata: of this call.

        Returns:
          The incarnation of the child that took it.
        """
        check_speaker(speaker)
        request = pb.SendRequest(
            endpoint=arguments.text("endpoint", endpoint),
            from_id=speaker.actor_id if speaker else 0,
            to_id=arguments.uint64("to_id", to_id),
            incarnation=arguments.uint64("incarnation", incarnation),
            payload=pb.Payload(cbor=payload.encode(value)),
        )
        response = await self._channel.ask(
            self._stub.Send,
            request,
            deadline=deadline,
            metadata=self._channel.metadata(
                metadata, endpoint=endpoint, speaker=speaker
            ),
        )
        return response.incarnation

    async def send_named(
        self,
        name: str,
        value: object,
        *,
        endpoint: str = "",
        speaker: Speaker | None = None,
        deadline: float | None = None,
        metadata: Metadata | None = None,
    ) -> int:
        """Sends one message to the remote actor of that name; see `send`.

        Whether there is one only the child knows.
        """
        check_speaker(speaker)
        request = pb.SendNamedRequest(
            endpoint=arguments.text("endpoint", endpoint),
            from_id=speaker.actor_id if speaker else 0,
            to_name=arguments.text("name", name),
            payload=pb.Payload(cbor=payload.encode(value)),
        )
        response = await self._channel.ask(
            self._stub.SendNamed,
            request,
            deadline=deadline,
            metadata=self._channel.metadata(
                metadata, endpoint=endpoint, speaker=speaker
            ),
        )
        return response.incarnation

    def attach(
        self,
        *,
        name: str = "",
        max_queued_bytes: int = 4 * 1024 * 1024,
        metadata: Metadata | None = None,
    ) -> Actor:
        """Becomes a local actor, within `async with`.

        Args:
          name: under which the child reaches it: up to 255 bytes of UTF-8,
            unique among the live local actors; empty: none.
          max_queued_bytes: of commands that may wait to be sent, at least 1.
          metadata: of its stream.
        """
        return Actor(
            self._channel,
            arguments.text("name", name),
            self._channel.metadata(metadata),
            arguments.integer(
                "max_queued_bytes", max_queued_bytes, 1, 2**63 - 1
            ),
        )

    def listen(
        self, *, name: str = "", metadata: Metadata | None = None
    ) -> Listener:
        """Becomes a local actor that only hears, within `async with`."""
        return Listener(
            self._channel,
            arguments.text("name", name),
            self._channel.metadata(metadata),
        )

    def watch(
        self,
        *,
        endpoint: str = "",
        after_sequence: int = 0,
        epoch: int = 0,
        skip_snapshot: bool = False,
        kinds: Iterable[str] = (),
        include_payloads: bool = False,
        metadata: Metadata | None = None,
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
          metadata: of its streams.
        """
        request = pb.WatchProxiesRequest(
            endpoint=arguments.text("endpoint", endpoint),
            after_sequence=arguments.uint64("after_sequence", after_sequence),
            epoch=arguments.uint64("epoch", epoch),
            skip_snapshot=arguments.of_type(
                "skip_snapshot", skip_snapshot, bool
            ),
            kinds=kinds_of(kinds),
            include_payloads=arguments.of_type(
                "include_payloads", include_payloads, bool
            ),
        )
        carried = self._channel.metadata(metadata, endpoint=endpoint)
        return Watch(self._channel, request, carried, self._backoff)

    async def proxies(
        self, *, endpoint: str = "", metadata: Metadata | None = None
    ) -> AsyncIterator[Proxy]:
        """Lists the live proxies of an endpoint, page by page."""
        request = pb.ListProxiesRequest(
            endpoint=arguments.text("endpoint", endpoint)
        )
        carried = self._channel.metadata(metadata, endpoint=endpoint)
        while True:
            page = await self._channel.ask(
                self._stub.ListProxies, request, metadata=carried
            )
            for proxy in page.proxies:
                yield proxy
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def release(
        self,
        remote_id: int,
        *,
        endpoint: str = "",
        incarnation: int = 0,
        metadata: Metadata | None = None,
    ) -> int:
        """Drops a proxy; local actors linked to it are told `released`.

        Returns:
          The incarnation whose proxy it was.
        """
        request = pb.ReleaseProxyRequest(
            endpoint=arguments.text("endpoint", endpoint),
            remote_id=arguments.uint64("remote_id", remote_id),
            incarnation=arguments.uint64("incarnation", incarnation),
        )
        response = await self._channel.ask(
            self._stub.ReleaseProxy,
            request,
            metadata=self._channel.metadata(metadata, endpoint=endpoint),
        )
        return response.incarnation

    async def local_actors(
        self, *, metadata: Metadata | None = None
    ) -> AsyncIterator[LocalActor]:
        """Lists the attached clients by rising id, page by page."""
        request = pb.ListLocalActorsRequest()
        carried = self._channel.metadata(metadata)
        while True:
            page = await self._channel.ask(
                self._stub.ListLocalActors, request, metadata=carried
            )
            for actor in page.actors:
                yield actor
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def endpoints(
        self, *, metadata: Metadata | None = None
    ) -> list[Endpoint]:
        """Describes every endpoint, ordered by name."""
        response = await self._channel.ask(
            self._stub.ListEndpoints,
            pb.ListEndpointsRequest(),
            metadata=self._channel.metadata(metadata),
        )
        return list(response.endpoints)

    async def endpoint(
        self, name: str = "", *, metadata: Metadata | None = None
    ) -> Endpoint:
        """Describes one endpoint."""
        response = await self._channel.ask(
            self._stub.GetEndpoint,
            pb.GetEndpointRequest(endpoint=arguments.text("name", name)),
            metadata=self._channel.metadata(metadata, endpoint=name),
        )
        return response.endpoint
