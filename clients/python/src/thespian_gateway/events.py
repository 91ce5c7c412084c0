"""What a local actor is told."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import payload
from .errors import GatewayError
from .gen import gateway_pb2 as pb


@dataclass(frozen=True)
class Received:
    """A message of a remote actor."""

    #: Who sent it; 0: it is anonymous.
    from_id: int
    incarnation: int
    #: The payload, as the child wrote it.
    cbor: bytes

    @cached_property
    def payload(self) -> Any:
        """The value; raises cbor2.CBORDecodeError if Python can't hold it."""
        return payload.decode(self.cbor)


@dataclass(frozen=True)
class Reply(Received):
    """The answer to a call."""


@dataclass(frozen=True)
class Delivery(Received):
    """A message to this actor."""

    endpoint: str


@dataclass(frozen=True)
class Exited:
    """A linked remote actor has ended. Comes once, after its last message."""

    remote_id: int
    reason: str
    incarnation: int
    endpoint: str
    #: The details, as the child wrote them, one item each.
    cbor_details: tuple[bytes, ...] = ()

    @cached_property
    def details(self) -> tuple[Any, ...]:
        """What the actor gave besides the reason; of thespian processes only.

        Raises cbor2.CBORDecodeError if Python can't hold one of the values.
        """
        return tuple(payload.decode(cbor) for cbor in self.cbor_details)


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """The child's state changed; every attached client is told."""

    #: Such as "RUNNING" or "FAILED".
    state: str
    reason: str
    incarnation: int
    endpoint: str


@dataclass(frozen=True, slots=True)
class Closing:
    """The gateway is about to end this stream of its own accord."""

    reason: str


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """A command that was not to be confirmed failed; the stream goes on."""

    error: GatewayError
    #: "send", "send_named" or "link".
    command: str = ""
    #: The id or the name that the command was about.
    target: int | str = 0
    #: As it was given.
    endpoint: str = ""

    def __str__(self) -> str:
        return f"{self.command} {self.target!r} failed: {self.error}"


ActorEvent = Delivery | Exited | EndpointChanged | Closing | CommandFailed


def state_name(state: pb.EndpointState) -> str:
    """Names a state as the gateway does, such as "RUNNING"."""
    try:
        name = pb.EndpointState.Name(state)
    except ValueError:  # of a newer gateway
        return str(state)
    return name.removeprefix("ENDPOINT_STATE_")


def _delivery(delivery: pb.ActorEvent.Delivery) -> Delivery:
    return Delivery(
        from_id=delivery.from_id,
        incarnation=delivery.incarnation,
        cbor=delivery.payload.cbor,
        endpoint=delivery.endpoint,
    )


def _exited(exited: pb.ActorEvent.Exited) -> Exited:
    return Exited(
        remote_id=exited.remote_id,
        reason=exited.reason,
        incarnation=exited.incarnation,
        endpoint=exited.endpoint,
        cbor_details=tuple(detail.cbor for detail in exited.details),
    )


def _endpoint_changed(
    changed: pb.ActorEvent.EndpointChanged,
) -> EndpointChanged:
    return EndpointChanged(
        state=state_name(changed.state),
        reason=changed.reason,
        incarnation=changed.incarnation,
        endpoint=changed.endpoint,
    )


def _closing(closing: pb.ActorEvent.Closing) -> Closing:
    return Closing(closing.reason)


_MAKERS: dict[str, Callable[[Any], ActorEvent]] = {
    "delivery": _delivery,
    "exited": _exited,
    "endpoint_changed": _endpoint_changed,
    "closing": _closing,
}


def from_message(event: pb.ActorEvent) -> ActorEvent | None:
    """Makes an event of the API's; None if a user needn't know of it."""
    kind = event.WhichOneof("event")
    if kind is None or kind not in _MAKERS:
        return None
    return _MAKERS[kind](getattr(event, kind))
