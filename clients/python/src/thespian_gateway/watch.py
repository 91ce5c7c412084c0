"""The events of the remote actors, across losses of the gateway."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, UTC
from types import TracebackType
from typing import Self

import grpc

from .backoff import Backoff
from .channel import Channel, Pairs
from .errors import from_rpc, GatewayError
from .gen import gateway_pb2 as pb
from .turn import Turn

_Response = pb.WatchProxiesResponse
_Call = grpc.aio.UnaryStreamCall[pb.WatchProxiesRequest, _Response]

_KIND_PREFIX = "PROXY_EVENT_KIND_"

ProxyEventBody = (
    pb.EndpointStateChanged
    | pb.ProxyCreated
    | pb.ProxyClosed
    | pb.MessageReceived
    | pb.MessageSent
    | pb.LinkCreated
    | pb.LinkClosed
    | pb.MessageUndeliverable
    | pb.FrameRejected
    | pb.ProtocolWarning
    | pb.StderrLine
    | pb.SnapshotComplete
    | pb.Gap
)


@dataclass(frozen=True, slots=True)
class ProxyEvent:
    """One thing that happened, or one row of a snapshot."""

    #: Rises over the whole gateway. The rows of a snapshot carry 0, its end
    #: that of the last event before it. See also `Watch.epoch`.
    sequence: int
    time: datetime
    endpoint: str
    incarnation: int
    #: Such as "proxy_created": the name of the body's field in ProxyEvent.
    kind: str
    #: What the API has for this kind.
    body: ProxyEventBody


@dataclass(frozen=True, slots=True)
class NotResumed:
    """The events after `after_sequence` are lost to this watch.

    What follows is a fresh snapshot, perhaps of another life of the gateway:
    forget what you knew.
    """

    #: The last event that was told; 0: none that one could go on from.
    after_sequence: int


class Watch:
    """An async iterator of events; use it within `async with`.

    Once it has begun it outlives the gateway: after UNAVAILABLE, when its
    stream broke (INTERNAL or UNKNOWN, without a reason), or when it was cut off
    because it read too slowly (MAILBOX_FULL), it connects again, for as long as
    it takes, and goes on after the last event; or tells `NotResumed`. Any other
    error is raised and ends it.

    One task at a time may wait for the next event; a second one is told so by
    a RuntimeError. The wait may be cancelled, as by `asyncio.timeout`; no event
    is lost by that.
    """

    def __init__(
        self,
        channel: Channel,
        request: pb.WatchProxiesRequest,
        metadata: Pairs,
        backoff: Backoff,
    ) -> None:
        self._channel = channel
        self._request = request
        self._metadata = metadata
        self._backoff = backoff
        self._call: _Call | None = None
        self._reading: asyncio.Task[_Response | None] | None = None
        self._ready: deque[ProxyEvent | NotResumed] = deque()
        self._turn = Turn()
        self._asked = 0  # how often
        self._begun = False
        self._closed = False
        self._losses = 0  # since the gateway was last heard
        self._resume_after = request.after_sequence
        self._epoch = request.epoch  # of it
        # The rows of a snapshot are no place to resume from.
        self._in_snapshot = not (
            request.skip_snapshot or request.after_sequence
        )
        self._untold = True  # a loss of what would have to be told

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ProxyEvent | NotResumed:
        with self._turn:
            while not self._ready:
                await self._fetch()
            return self._ready.popleft()

    @property
    def epoch(self) -> int:
        """The run of the gateway that sequences are of; 0: not known yet."""
        return self._epoch

    async def aclose(self) -> None:
        """Ends the watch."""
        self._closed = True
        if self._call is not None:
            self._call.cancel()
        if self._reading is not None:
            await asyncio.wait({self._reading})
            self._reading = None

    async def _fetch(self) -> None:
        if self._closed:
            raise StopAsyncIteration
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        # The task outlives a wait that is cancelled.
        await asyncio.wait({self._reading})
        reading, self._reading = self._reading, None
        try:
            response = reading.result()
        except GatewayError as error:
            self._call = None
            await self._recover(error)
            return
        if response is None:
            raise StopAsyncIteration
        self._losses = 0
        if response.epoch:
            self._epoch = response.epoch
        for event in response.events:
            self._take(event)

    async def _read(self) -> _Response | None:
        if self._closed:  # before it began
            return None
        try:
            if self._call is None:
                await self._ask()
            assert self._call is not None
            response = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from None
        except asyncio.CancelledError:
            return None  # by `aclose`
        return response if isinstance(response, _Response) else None

    async def _ask(self) -> None:
        self._call = self._channel.begin(
            lambda: self._channel.stub.WatchProxies(
                self._next_request(), metadata=self._metadata
            )
        )
        self._asked += 1
        # The gateway sends it at once; an error comes without.
        await self._call.initial_metadata()
        self._begun = self._begun or not self._call.done()

    def _next_request(self) -> pb.WatchProxiesRequest:
        request = pb.WatchProxiesRequest()
        request.CopyFrom(self._request)
        request.after_sequence = self._resume_after
        request.epoch = self._epoch if self._resume_after > 0 else 0
        # Rather an error than a snapshot that looks like events.
        if self._resume_after > 0:
            request.skip_snapshot = True
        return request

    def _take(self, event: pb.ProxyEvent) -> None:
        kind = event.WhichOneof("event")
        if kind == "snapshot_complete":
            self._in_snapshot = False
        if not self._in_snapshot:
            self._resume_after = event.sequence
        if kind == "heartbeat":
            return
        self._untold = True
        if kind is not None:  # None: of a newer gateway
            self._ready.append(_event_of(event, kind))

    async def _recover(self, error: GatewayError) -> None:
        as_asked = self._request.skip_snapshot and self._asked == 1
        if error.reason == "SEQUENCE_COMPACTED" and not as_asked:
            self._start_over()
        elif self._begun and _is_loss(error):
            if self._resume_after == 0 or self._in_snapshot:
                self._start_over()
            await asyncio.sleep(self._backoff.wait(self._losses))
            self._losses += 1
        else:
            raise error

    def _start_over(self) -> None:
        if self._untold:
            self._ready.append(NotResumed(self._resume_after))
            self._untold = False
        self._resume_after = 0
        self._epoch = 0
        self._in_snapshot = not self._request.skip_snapshot


_LOST = grpc.StatusCode.UNAVAILABLE
# A stream that a proxy resets ends with one of these. Where they are the
# gateway's word they have a reason.
_BROKEN = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


def _is_loss(error: GatewayError) -> bool:
    if error.code in _BROKEN:
        return not error.reason
    return error.code is _LOST or error.reason == "MAILBOX_FULL"


def _event_of(event: pb.ProxyEvent, kind: str) -> ProxyEvent:
    return ProxyEvent(
        sequence=event.sequence,
        time=event.time.ToDatetime(UTC),
        endpoint=event.endpoint,
        incarnation=event.incarnation,
        kind=kind,
        body=getattr(event, kind),
    )


def kinds_of(names: Iterable[str]) -> list[str]:
    """The kinds of these names, as the API writes them.

    Raises:
      ValueError: one of `kinds` is none.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ValueError(f"kinds must be a list of names, not {names!r}")
    return [_kind_of(name) for name in names]


def _kind_of(name: object) -> str:
    known = pb.ProxyEventKind.keys()
    kind = _KIND_PREFIX + str(name).upper()
    if kind in known:
        return kind
    names = [one.removeprefix(_KIND_PREFIX).lower() for one in known[1:]]
    raise ValueError(f"kinds: {name!r} is none of {', '.join(names)}")
