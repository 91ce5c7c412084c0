"""A client of thespian-gateway, for asyncio.

async with connect("127.0.0.1:50051") as gateway:
    reply = await gateway.call("echo", ["hello"])
    print(reply.payload)
"""

from .actor import Actor, Listener
from .admin import Admin
from .arguments import Metadata
from .backoff import Backoff
from .connection import connect
from .errors import ErrorDetails, GatewayError
from .events import (
    ActorEvent,
    Closing,
    CommandFailed,
    Delivery,
    EndpointChanged,
    Exited,
    Reply,
)
from .gateway import Gateway
from .payload import decode, Raw
from .speaker import Speaker
from .watch import NotResumed, ProxyEvent, Watch

__all__ = [
    "Actor",
    "ActorEvent",
    "Admin",
    "Backoff",
    "Closing",
    "CommandFailed",
    "Delivery",
    "EndpointChanged",
    "ErrorDetails",
    "Exited",
    "Gateway",
    "GatewayError",
    "Listener",
    "Metadata",
    "NotResumed",
    "ProxyEvent",
    "Raw",
    "Reply",
    "Speaker",
    "Watch",
    "connect",
    "decode",
]
