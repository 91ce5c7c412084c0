"""How a gateway is reached."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc

from . import arguments
from .arguments import Metadata
from .backoff import Backoff
from .gateway import Gateway

_LEAST_KEEPALIVE = 9.0  # s; the gateway drops who probes more often
_MOST_BYTES = 2**31 - 1

#: PEM: a path, or the bytes themselves.
Pem = str | os.PathLike[str] | bytes


def connect(  # noqa: PLR0913 (an argument for each option)
    address: str = "127.0.0.1:50051",
    *,
    deadline: float = 30.0,
    keepalive: float = 30.0,
    keepalive_timeout: float = 10.0,
    backoff: Backoff = Backoff(),  # noqa: B008 (it is frozen)
    max_response_bytes: int = 64 * 1024 * 1024,
    tls: bool = False,
    ca: Pem | None = None,
    cert: Pem | None = None,
    key: Pem | None = None,
    server_name: str = "",
    credentials: grpc.ChannelCredentials | None = None,
    metadata: Metadata | None = None,
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> Gateway:
    """Makes a client of the gateway at `address`.

    Nothing is sent before the first call; a connection that was lost is made
    again when it is needed. Needs a running event loop. Without any of `tls`,
    `ca`, `cert` and `credentials` it is neither encrypted nor authenticated.

    Args:
      address: "host:port", or "unix:" and the path of a socket.
      deadline: of each call that has one answer, and of opening an actor, in
        seconds.
      keepalive: a silent connection is probed after so many seconds, at least
        9, which is what the gateway allows ...
      keepalive_timeout: ... and given up if no answer comes within so many.
      backoff: between tries to connect again.
      max_response_bytes: the largest response that is taken.
      tls: encrypt, and trust the system's certificate authorities.
      ca: encrypt, and trust these instead: certificates in PEM, as a path or
        as bytes.
      cert: the client's own certificate, in PEM; with `key`.
      key: the private key of `cert`, in PEM.
      server_name: which the gateway's certificate must have, if not the
        host's.
      credentials: gRPC's own, instead of the five above.
      metadata: of every RPC, such as {"authorization": "Bearer ..."}.
      interceptors: gRPC's own, for every RPC.

    Raises:
      ValueError: an argument is out of range, or does not go with another.
      OSError: a file can't be read.
    """
    _check_address(address)
    arguments.text("server_name", server_name)
    _check_interceptors(interceptors)
    if credentials is None:
        credentials = _tls(tls, ca, cert, key)
    elif tls or ca or cert or key or server_name:
        raise ValueError(
            "credentials: not with tls, ca, cert, key, server_name"
        )
    else:
        arguments.of_type("credentials", credentials, grpc.ChannelCredentials)
    options = _options(
        keepalive, keepalive_timeout, backoff, max_response_bytes
    )
    if server_name:
        if credentials is None:
            raise ValueError("server_name: only with tls, ca or cert")
        options.append(("grpc.ssl_target_name_override", server_name))
    arguments.seconds("deadline", deadline)
    arguments.pairs(metadata)
    channel = (
        grpc.aio.insecure_channel(address, options, None, interceptors)
        if credentials is None
        else grpc.aio.secure_channel(
            address, credentials, options, None, interceptors
        )
    )
    return Gateway(
        channel, deadline=deadline, backoff=backoff, metadata=metadata
    )


def _check_address(address: str) -> None:
    kind, _, rest = arguments.text("address", address).rpartition(":")
    if kind and rest:
        return
    raise ValueError(f"address must be host:port or unix:PATH, not {address!r}")


def _check_interceptors(interceptors: object) -> None:
    if not isinstance(interceptors, Sequence):
        raise ValueError(f"interceptors must be a list, not {interceptors!r}")
    for one in interceptors:
        arguments.of_type("interceptors", one, grpc.aio.ClientInterceptor)


def _options(
    keepalive: float,
    keepalive_timeout: float,
    backoff: Backoff,
    max_response_bytes: int,
) -> list[tuple[str, Any]]:
    arguments.seconds("keepalive", keepalive, _LEAST_KEEPALIVE)
    arguments.seconds("keepalive_timeout", keepalive_timeout)
    arguments.of_type("backoff", backoff, Backoff)
    arguments.integer("max_response_bytes", max_response_bytes, 1, _MOST_BYTES)
    return [
        ("grpc.keepalive_time_ms", round(keepalive * 1000)),
        ("grpc.keepalive_timeout_ms", round(keepalive_timeout * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", round(backoff.initial * 1000)),
        ("grpc.max_reconnect_backoff_ms", round(backoff.longest * 1000)),
        ("grpc.max_receive_message_length", max_response_bytes),
        ("grpc.enable_http_proxy", 0),
    ]


def _tls(
    tls: bool, ca: Pem | None, cert: Pem | None, key: Pem | None
) -> grpc.ChannelCredentials | None:
    if (cert is None) != (key is None):
        raise ValueError("cert and key: only together")
    if not tls and ca is None and cert is None:
        return None
    return grpc.ssl_channel_credentials(
        root_certificates=_pem("ca", ca),
        private_key=_pem("key", key),
        certificate_chain=_pem("cert", cert),
    )


def _pem(name: str, pem: Pem | None) -> bytes | None:
    if pem is None:
        return None
    if not isinstance(pem, str | os.PathLike | bytes):
        kind = type(pem).__name__
        raise ValueError(f"{name} must be a path or bytes, not a {kind}")
    content = pem if isinstance(pem, bytes) else Path(pem).read_bytes()
    if b"-----BEGIN " not in content:
        raise ValueError(f"{name} must be PEM, or the path of a file with it")
    return content
