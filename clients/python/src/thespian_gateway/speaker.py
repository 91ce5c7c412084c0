"""Who speaks, when a unary call speaks for a local actor."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from . import arguments

_TOKEN_KEY = "x-actor-token"  # noqa: S105 (the name of it)
_GATEWAY_KEY = "x-thespian-gateway"

_Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Lets the unary calls speak for a local actor."""

    actor_id: int
    token: str = field(repr=False)  # a secret
    #: Where it is attached, as the proxy before several gateways knows it;
    #: empty: there is only one.
    gateway: str = ""


def check_speaker(speaker: object) -> None:
    """Raises a ValueError unless it is a Speaker that can be sent, or None."""
    if speaker is None:
        return
    if not isinstance(speaker, Speaker):  # it may be the token, a secret
        kind = type(speaker).__name__
        raise ValueError(f"speaker must be a Speaker, not a {kind}")
    arguments.uint64("speaker.actor_id", speaker.actor_id)
    arguments.header("speaker.token", speaker.token)
    arguments.header("speaker.gateway", speaker.gateway)


def proof(speaker: Speaker | None) -> _Pairs:
    """What an RPC carries to speak for it, and to come to its gateway."""
    if speaker is None or not speaker.token:
        return ()
    token = ((_TOKEN_KEY, speaker.token),)
    if not speaker.gateway:
        return token
    return (*token, (_GATEWAY_KEY, speaker.gateway))


def gateway_in(header: Iterable[tuple[str, str | bytes]] | None) -> str:
    """What a proxy calls the gateway of a stream, if it says so."""
    for key, value in header or ():
        if key == _GATEWAY_KEY and isinstance(value, str):
            return value
    return ""
