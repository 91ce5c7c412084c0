"""Headers that gRPC's HPACK parser could stumble over, on a connection that goes
on to be used: what an attacker behind a shared proxy would leave to others.

Each attempt is a request with a bad header, followed in the same block by a
`:path` that goes into the connection's table, and a second request that takes
its path out of the table. The connection must have ended by then, or the second
request must be answered as what it is: one for a method that is not there.
"""

import contextlib
import socket
from collections.abc import Iterator

import hpack
from gateway import Address, Failure
from http2 import (
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PREFACE,
    SETTINGS,
    connect,
    frame,
)

_ACK = 1
_PATH = "/no.such/Method"
_UNIMPLEMENTED = "12"
_PIECE_BYTES = 16_000
_Field = tuple[str, str]
# CVE-2023-1428: each made gRPC abort when what follows was over the limit.
_ABORTING = [("te", "x"), (":scheme", "x"), ("grpclb_client_stats", "x")]
_MISENCODED = [
    *_ABORTING,
    ("x-not-base64-bin", "%%%"),  # CVE-2023-32732
    ("grpc-timeout", "soon"),
    ("grpc-encoding", "none-such"),
    ("content-type", "none/such"),
]


def misencoded_headers(address: Address, scale: float) -> str:
    """Headers that cannot be read (CVE-2023-1428, -32732, CVE-2024-7246)."""
    blocks = [_with([bad], after=[]) for bad in _MISENCODED]
    return _try_all(address, blocks, max(1, int(10 * scale)))


def oversized_tables(address: Address, scale: float) -> str:
    """Headers over the limit in one frame (CVE-2023-1428, -32731)."""
    blocks = [_with([bad], after=_oversized()) for bad in [("x", "y"), *_ABORTING]]
    return _try_all(address, blocks, max(1, int(10 * scale)))


def _try_all(address: Address, blocks: list[bytes], times: int) -> str:
    ended = 0
    for _ in range(times):
        for block in blocks:
            ended += _try(address, block)
    return f"{times * len(blocks)} connections, {ended} of them ended"


def _with(bad: list[_Field], after: list[bytes]) -> bytes:
    """A block of headers; what goes into the table last is the path."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":authority": "hostile",
        "content-type": "application/grpc",
        "te": "trailers",
        **dict(bad),
    }
    block = b"".join(_literal(b"\x00", *field) for field in fields.items())
    return block + b"".join(after) + _literal(b"\x40", ":path", _PATH)


def _oversized() -> list[bytes]:
    """A header of 3 KiB that is put into the table and named 30 times: the
    limit is 64 KiB, for clients that have acknowledged the SETTINGS."""
    return [_literal(b"\x40", "x-large", "y" * 3_000), b"\xbe" * 30]


def _literal(kind: bytes, name: str, value: str) -> bytes:
    """HPACK's literal; b"\x40": it goes into the table, as entry 62."""
    return kind + _text(name) + _text(value)


def _text(text: str) -> bytes:
    return bytes(hpack.hpack.encode_integer(len(text), 7)) + text.encode()


def _try(address: Address, block: bytes) -> bool:
    """Whether the connection has ended. Fails if it answers wrongly."""
    second = b"".join(
        _literal(b"\x00", *field)
        for field in (
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "hostile"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        )
    )
    second += b"\xbe"  # entry 62
    status = _ask(address, [block, second])
    if status not in ("", _UNIMPLEMENTED):
        message = f"the table of headers is another one: grpc-status {status}"
        raise Failure(message)
    return status == ""


def _ask(address: Address, blocks: list[bytes]) -> str:
    """The grpc-status of the last request; empty: the connection has ended."""
    last = 2 * len(blocks) - 1
    with contextlib.closing(connect(address)) as connection:
        try:
            connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
            frames = _frames(connection)
            kind, *_ = next(frames)
            if kind != SETTINGS:
                message = f"a frame of kind {kind} comes first"
                raise Failure(message)
            requests = frame(SETTINGS, _ACK, 0)
            for i, block in enumerate(blocks):
                requests += _request(2 * i + 1, block)
            connection.sendall(requests)
            decoder = hpack.Decoder()
            for kind, stream, content in frames:
                fields = dict(decoder.decode(content)) if kind == HEADERS else {}
                if stream == last and "grpc-status" in fields:
                    return str(fields["grpc-status"])
        except ConnectionError:
            pass
    return ""


def _request(stream: int, block: bytes) -> bytes:
    if len(block) > _PIECE_BYTES:
        message = "a block of several frames would be another attempt"
        raise Failure(message)
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, block)


def _frames(connection: socket.socket) -> Iterator[tuple[int, int, bytes]]:
    """Kind, stream and content of each, until the connection ends."""
    while len(head := _read(connection, 9)) == 9:
        length, stream = int.from_bytes(head[:3]), int.from_bytes(head[5:])
        yield head[3], stream, _read(connection, length)


def _read(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        if not (more := connection.recv(size - len(content))):
            break
        content += more
    return content
