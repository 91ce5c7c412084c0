"""HTTP/2 as a hostile client speaks it: frame by frame.

Nothing here keeps the rules that a library would; `h2` is used where a storm
must keep them to get far (flow control).
"""

import socket
import struct
import threading

import hpack
from gateway import Address

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
END_STREAM, END_HEADERS = 1, 4
CANCEL = 8


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    """One frame, whether it makes sense or not."""
    head = struct.pack(">I", len(content))[1:] + bytes([kind, flags])
    return head + struct.pack(">I", stream) + content


def request_fields(path: str) -> list[tuple[str, str]]:
    """The headers of a gRPC request."""
    return [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "hostile"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]


def request_headers(path: str, more: list[tuple[str, str]] | None = None) -> bytes:
    """The headers of a gRPC request as bytes, in a form that keeps no state."""
    # HPACK's "literal, not indexed": name and value as they are.
    block = b""
    for name, value in [*request_fields(path), *(more or [])]:
        block += b"\x00" + _text(name) + _text(value)
    return block


def _text(text: str) -> bytes:
    return bytes(hpack.hpack.encode_integer(len(text), 7)) + text.encode()


def connect(address: Address) -> socket.socket:
    """From an address of its own, so that an edge tells it from others."""
    return socket.create_connection(
        address, timeout=30, source_address=("127.0.0.2", 0)
    )


class Connection:
    """A connection whose answers are read and thrown away."""

    def __init__(self, address: Address, *, reads: bool = True) -> None:
        self._socket = connect(address)
        self.ended = threading.Event()
        self.send(PREFACE + frame(SETTINGS, 0, 0))
        if reads:
            threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        try:
            while self._socket.recv(1 << 16):
                pass
        except OSError:
            pass
        self.ended.set()

    def send(self, content: bytes) -> bool:
        """False: the peer has ended the connection, or does not read."""
        try:
            self._socket.sendall(content)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Ends the connection, as a process that is killed does."""
        self._socket.close()
