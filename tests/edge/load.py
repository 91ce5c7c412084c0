"""Calls as fast as one connection answers, written and counted as bytes.

A client of its own: what a gRPC library costs in Python would be most of what
is measured.
"""

import contextlib
import pathlib
import socket
import ssl
import statistics
import struct
import time
from dataclasses import dataclass

from gateway import Address, Failure
from http2 import (
    DATA,
    END_HEADERS,
    END_STREAM,
    frame,
    HEADERS,
    PREFACE,
    request_headers,
    RST_STREAM,
    SETTINGS,
)

WINDOW_UPDATE = 8
INITIAL_WINDOW_SIZE = 4
LARGE = (1 << 31) - 1 - 65_535
ACK = 1


@dataclass(frozen=True)
class Rate:
    """What was seen."""

    calls: int
    seconds: float
    p50_us: float

    def per_second(self) -> float:
        """Calls in a second."""
        return self.calls / self.seconds


class Caller:
    """One connection with so many calls under way at a time."""

    def __init__(
        self,
        address: Address,
        path: str,
        content: bytes,
        context: ssl.SSLContext | None = None,
    ) -> None:
        plain = socket.create_connection(address, timeout=30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = plain
        if context is not None:
            context.set_alpn_protocols(["h2"])
            self._socket = context.wrap_socket(
                plain, server_hostname="localhost"
            )
        self._headers = request_headers(path)
        self._content = b"\0" + struct.pack(">I", len(content)) + content
        self._left = b""
        self._stream = -1
        self._started: dict[int, float] = {}
        self.times: list[float] = []
        self.received = 0  # bytes, by drain
        window = struct.pack(">HI", INITIAL_WINDOW_SIZE, (1 << 31) - 1)
        self._socket.sendall(
            PREFACE
            + frame(SETTINGS, 0, 0, window)
            + frame(SETTINGS, ACK, 0)
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGE))
        )

    def _request(self) -> bytes:
        self._stream += 2
        self._started[self._stream] = time.perf_counter()
        return frame(HEADERS, END_HEADERS, self._stream, self._headers) + frame(
            DATA, END_STREAM, self._stream, self._content
        )

    def _answers(self) -> int:
        """Reads once; how many calls have ended."""
        got = self._socket.recv(1 << 16)
        if not got:
            message = "the connection has ended"
            raise Failure(message)
        block, at, ended = self._left + got, 0, 0
        now = time.perf_counter()
        while len(block) - at >= 9:
            size = int.from_bytes(block[at : at + 3], "big")
            if len(block) - at < 9 + size:
                break
            kind, flags = block[at + 3], block[at + 4]
            stream = int.from_bytes(block[at + 5 : at + 9], "big")
            if kind == RST_STREAM:
                message = "a call was reset"
                raise Failure(message)
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                self.times.append(now - self._started.pop(stream))
                ended += 1
            at += 9 + size
        self._left = block[at:]
        return ended

    def run(self, seconds: float, depth: int) -> Rate:
        """Calls for so long."""
        self.times.clear()
        start = time.perf_counter()
        due = depth
        while True:
            if due:
                requests = [self._request() for _ in range(due)]
                self._socket.sendall(b"".join(requests))
            due = self._answers()
            if time.perf_counter() - start > seconds:
                break
        took = time.perf_counter() - start
        while self._started:
            self._answers()
        p50 = statistics.median(self.times) * 1e6
        return Rate(len(self.times), took, p50)

    @property
    def streams(self) -> int:
        """How many calls have not ended."""
        return len(self._started)

    def start(self, count: int) -> None:
        """So many calls, whose answers nobody reads."""
        requests = [self._request() for _ in range(count)]
        self._socket.sendall(b"".join(requests))

    def drain(self) -> None:
        """Reads and throws away, until the connection is closed."""
        with contextlib.suppress(OSError, ValueError):
            while got := self._socket.recv(1 << 18):
                self.received += len(got)

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()


def cpu_us(pid: int) -> float:
    """CPU time that the threads of a process have used, in microseconds."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    used = (int((one / "schedstat").read_text().split()[0]) for one in tasks)
    return sum(used) / 1e3
