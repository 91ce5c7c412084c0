#!/usr/bin/env python3
"""A hostile child that writes what scripted-child has no verb for.

    writer.py over N             N frames of 5 MB
    writer.py line N             a line of N bytes to stderr
    writer.py forge N            N lines that would be lines of the log
    writer.py exits N            the exits of N actors that never spoke
    writer.py links N            N actors link to the local actor 1
    writer.py links-to-nobody N  each to another one, that is not there

Then it reads nothing, and waits until it is killed.
"""

import os
import signal
import struct
import sys
from collections.abc import Callable, Iterator

BLOCK = 1 << 16


def frame(content: bytes) -> bytes:
    """One frame."""
    return b"\x5a" + struct.pack(">I", len(content)) + content


def number(value: int) -> bytes:
    """A CBOR number."""
    return b"\x1a" + struct.pack(">I", value)


def link(writer: int, to: int) -> bytes:
    """The frame by which an actor links to a local one."""
    return frame(b"\x83\x64link" + number(writer) + number(to))


def write(fd: int, data: bytes) -> None:
    """All of it."""
    while data:
        data = data[os.write(fd, data) :]


def write_all(frames: Iterator[bytes]) -> None:
    """All of them, in large pieces."""
    block = bytearray()
    for one in frames:
        block += one
        if len(block) >= BLOCK:
            write(1, block)
            block.clear()
    write(1, block)


def over(count: int) -> None:
    content = b"\x84" + bytes(5_000_000)
    write_all(frame(content) for _ in range(count))
    write(2, b"sent\n")


def line(count: int) -> None:
    for _ in range(0, count, BLOCK):
        write(2, b"x" * BLOCK)
    write(2, b"\n")


def forge(count: int) -> None:
    for i in range(count):
        write(2, b"\x1b[2K\r2026-01-01T00:00:00 error forged %d\xe2\x80\xa8\n" % i)


def exits(count: int) -> None:
    end = b"\x66normal"
    write_all(frame(b"\x83\x64exit" + number(i) + end) for i in range(1, count + 1))


def links(count: int) -> None:
    write_all(link(i, 1) for i in range(1, count + 1))


def links_to_nobody(count: int) -> None:
    write_all(link(i, 1_000_000 + i) for i in range(1, count + 1))


STORMS: dict[str, Callable[[int], None]] = {
    "over": over,
    "line": line,
    "forge": forge,
    "exits": exits,
    "links": links,
    "links-to-nobody": links_to_nobody,
}

if __name__ == "__main__":
    STORMS[sys.argv[1]](int(sys.argv[2]))
    while True:
        signal.pause()
