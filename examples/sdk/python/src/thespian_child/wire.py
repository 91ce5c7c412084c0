"""Bytes: heads and items of CBOR, frames, and the messages in them.

Payloads are walked through and not decoded, so any CBOR will do.
"""

import logging
from collections.abc import Callable, Iterator

from thespian_child.errors import WireError

_log = logging.getLogger("thespian_child")
MAX_DEPTH = 64  # arrays and maps in one another, in a payload
MAX_ANNOUNCED = 64 << 20  # bytes: beyond it a length is not believed

UINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = 0, 2, 3, 4, 5, 6, 7  # major types
TAGS = (b"LPID", b"RPID")
INDEFINITE = 31
BREAK = 0xFF


def head(major: int, argument: int) -> bytes:
    """The shortest head of an item."""
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(i for i in range(4) if argument < 1 << (8 << i))
    return bytes([major << 5 | 24 + size]) + argument.to_bytes(1 << size, "big")


def text(value: str) -> bytes:
    """A text string."""
    content = value.encode("utf-8", "replace")
    return head(TEXT, len(content)) + content


def head_at(data: bytes | bytearray, at: int) -> tuple[int, int, int, int]:
    """The major type, information, argument and end of a head.

    Raises:
      IndexError: it is cut short.
      WireError: it is a reserved one.
    """
    major, info, end = data[at] >> 5, data[at] & 31, at + 1
    if info < 24 or info == INDEFINITE:
        return major, info, info, end
    if info > 27:
        raise _not_cbor(data, at, "a reserved head")
    end += 1 << info - 24
    if end > len(data):
        raise IndexError
    return major, info, int.from_bytes(data[at + 1 : end], "big"), end


def _not_cbor(data: bytes | bytearray, at: int, what: str) -> WireError:
    value = f"{what} at byte {at} of {len(data)}, {data[at : at + 16].hex()}"
    return WireError("content", value, "one well-formed item")


def item_end(data: bytes, at: int, depth: int = 0) -> int:
    """Where the item that begins there ends; raises as head_at does."""
    start = at
    major, info, argument, at = head_at(data, at)
    while major == TAG and info != INDEFINITE:
        major, info, argument, at = head_at(data, at)
        if major == SIMPLE and info == INDEFINITE:
            raise _not_cbor(data, at - 1, "a break out of place")
    if major in (ARRAY, MAP) and depth == MAX_DEPTH:
        raise _not_cbor(data, start, f"deeper than {MAX_DEPTH}")
    if info == INDEFINITE:
        return _indefinite_end(data, at, major, depth)
    if major in (BYTES, TEXT):
        at += argument
    elif major in (ARRAY, MAP):
        for _ in range(argument * (major - 3)):
            at = item_end(data, at, depth + 1)
    elif major == SIMPLE and info == 24 and argument < 32:
        raise _not_cbor(data, start, "a simple value in two bytes")
    if at > len(data):
        raise IndexError
    return at


def _indefinite_end(data: bytes, at: int, major: int, depth: int) -> int:
    if major not in (BYTES, TEXT, ARRAY, MAP):
        raise _not_cbor(data, at - 1, "a break or length out of place")
    count = 0
    while data[at] != BREAK:
        if major in (BYTES, TEXT) and not 0 <= data[at] - (major << 5) < 28:
            raise _not_cbor(data, at, "no chunk of this string")
        at = item_end(data, at, depth + 1)
        count += 1
    if major == MAP and count % 2:
        raise _not_cbor(data, at, "a map without its last value")
    return at + 1


def items_of(content: bytes) -> list[bytes]:
    """The items of the one array that it is; raises WireError."""
    try:
        major, info, count, at = head_at(content, 0)
        items: list[bytes] = []
        while (
            len(items) < count if info != INDEFINITE else content[at] != BREAK
        ):
            end = item_end(content, at)
            items.append(content[at:end])
            at = end
        at += info == INDEFINITE
    except IndexError:
        raise _not_cbor(content, len(content), "cut short") from None
    if major != ARRAY or at != len(content):
        raise _not_cbor(content, at, "not one array")
    return items


def is_item(data: bytes) -> bool:
    """Whether it is exactly one well-formed item."""
    try:
        return item_end(data, 0) == len(data)
    except (IndexError, WireError):
        return False


def _text_in(item: bytes) -> str | None:
    major, info, _, at = head_at(item, 0)
    if major in (BYTES, TEXT) and info != INDEFINITE:
        return item[at:].decode("utf-8", "replace")
    return None


def _id_in(item: bytes) -> int | None:
    if item[:2] in (b"\x82\x44", b"\x82\x64") and item[2:6] in TAGS:
        item = item[6:]
    major, _, argument, _ = head_at(item, 0)
    return argument if major == UINT else None


Field = int | str | bytes
Reader = tuple[Callable[[bytes], Field | None], str]
_ID: Reader = _id_in, "an id"
_TEXT: Reader = _text_in, "a string"
_FIELDS: dict[str | None, dict[str, Reader]] = {
    "send": {"from": _ID, "to": _ID, "payload": (bytes, "")},
    "send_named": {"from": _ID, "name": _TEXT, "payload": (bytes, "")},
    "link": {"local": _ID, "remote": _ID},
    "exit": {"local": _ID, "reason": _TEXT},
    "transport_error": {"reason": _TEXT},
}


def _pass_over(field: str, value: object, limit: str) -> tuple[()]:
    _log.warning("passed over: %s: %s; expected %s", field, value, limit)
    return ()


def parse(content: bytes) -> tuple[Field, ...]:
    """The verb of a message, and its fields.

    Nothing, and a line in the log, if it is none of the messages that there
    are. Raises WireError if it is not exactly one array.
    """
    items = items_of(content)
    verb = _text_in(items[0]) if items else None
    if verb is None or verb not in _FIELDS:
        shown = items[0][:32] if items else "none"
        return _pass_over("verb", shown, f"one of {[*_FIELDS]}")
    if len(items) != len(_FIELDS[verb]) + 1:
        limit = f"{len(_FIELDS[verb]) + 1} elements"
        return _pass_over(verb, f"{len(items)} elements", limit)
    message: list[Field] = [verb]
    for (field, (read, limit)), item in zip(
        _FIELDS[verb].items(), items[1:], strict=True
    ):
        value = read(item)
        if value is None:
            return _pass_over(f"{verb}.{field}", item[:16].hex(), limit)
        message.append(value)
    return tuple(message)


class FrameReader:
    """Cuts a stream, in pieces of any size, into the contents of frames.

    It holds one frame at most, and what was fed to it last. A frame over the
    limit is passed over without being kept, and told in the log.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data = bytearray()
        self._skip = 0  # bytes of a frame over the limit that are to come

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The contents that are complete now; raises WireError."""
        self._data += data
        while self._data:
            step = min(self._skip, len(self._data))
            self._skip -= step
            del self._data[:step]
            try:
                begin, size = self._head()
            except IndexError:
                return
            if size > self._max_bytes:
                self._skip = begin + size
                value, limit = f"{size} bytes", f"at most {self._max_bytes}"
                _pass_over("frame", value, limit)
            elif begin + size > len(self._data):
                return
            else:
                content = bytes(self._data[begin : begin + size])
                del self._data[: begin + size]
                yield content

    def finish(self) -> None:
        """To be called at the end of the stream; raises WireError."""
        if self._data or self._skip:
            value = f"{len(self._data)} bytes of the last one"
            raise WireError("frame", value, "all of it before stdin ends")

    def _head(self) -> tuple[int, int]:
        """Where the content begins, and its size; IndexError: not here yet."""
        first = self._data[0]
        if first >> 5 not in (BYTES, TEXT) or first & 31 > 27:
            raise self._strange("frame head", 0, "a string with a length")
        _, _, size, begin = head_at(self._data, 0)
        if size > MAX_ANNOUNCED:
            limit = f"at most {MAX_ANNOUNCED}"
            raise WireError("frame", f"{size} bytes", limit)
        if size == 0 or self._data[begin] >> 5 != ARRAY:
            raise self._strange("content", begin, "an array")
        return begin, size

    def _strange(self, field: str, at: int, limit: str) -> WireError:
        begin = bytes(self._data[at : at + 64])
        return WireError(field, f"{begin.hex()} ({begin!r})", limit)
