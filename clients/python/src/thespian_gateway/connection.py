"""How a gateway is reached."""

import grpc

from .backoff import Backoff
from .gateway import Gateway

_LEAST_KEEPALIVE = 9.0  # s; the gateway drops who probes more often


def connect(
    address: str = "127.0.0.1:50051",
    *,
    deadline: float = 30.0,
    keepalive: float = 30.0,
    keepalive_timeout: float = 10.0,
    backoff: Backoff = Backoff(),  # noqa: B008 (it is frozen)
    max_response_bytes: int = 64 * 1024 * 1024,
    credentials: grpc.ChannelCredentials | None = None,
) -> Gateway:
    """Makes a client of the gateway at `address`.

    Nothing is sent before the first call; a connection that was lost is made
    again when it is needed. Needs a running event loop.

    Args:
      address: "host:port", or "unix:" and the path of a socket.
      deadline: of each call that has one answer, and of opening an actor, in
        seconds.
      keepalive: a silent connection is probed after so many seconds, at least
        9, which is what the gateway allows ...
      keepalive_timeout: ... and given up if no answer comes within so many.
      backoff: between tries to connect again.
      max_response_bytes: the largest response that is taken.
      credentials: None: neither encrypted nor authenticated.

    Raises:
      ValueError: an argument is out of range.
    """
    if deadline <= 0 or keepalive_timeout <= 0 or max_response_bytes <= 0:
        raise ValueError(
            "deadline, keepalive_timeout and max_response_bytes must be above 0"
        )
    if keepalive < _LEAST_KEEPALIVE:
        raise ValueError(f"keepalive must be at least {_LEAST_KEEPALIVE} s")
    options = [
        ("grpc.keepalive_time_ms", round(keepalive * 1000)),
        ("grpc.keepalive_timeout_ms", round(keepalive_timeout * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", round(backoff.initial * 1000)),
        ("grpc.max_reconnect_backoff_ms", round(backoff.longest * 1000)),
        ("grpc.max_receive_message_length", max_response_bytes),
        ("grpc.enable_http_proxy", 0),
    ]
    channel = (
        grpc.aio.insecure_channel(address, options)
        if credentials is None
        else grpc.aio.secure_channel(address, credentials, options)
    )
    return Gateway(channel, deadline=deadline, backoff=backoff)
