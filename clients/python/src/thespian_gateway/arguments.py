"""What is checked of what a user gives, before anything is sent.

Everything here raises a ValueError that names the argument.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

#: Of a call: by key, or as pairs, of which several may have the same key. The
#: value is bytes if the key ends with "-bin", and printable ASCII otherwise.
Metadata = Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]

_Kind = TypeVar("_Kind")

_KEY = re.compile(r"[a-z0-9_.-]+")
_PRINTABLE = re.compile(r"[ -~]*")
_MOST_SECONDS = (2**31 - 1) // 1000


def integer(name: str, value: object, least: int, most: int) -> int:
    """Returns the value if it is an int, no bool, from `least` to `most`."""
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and least <= value <= most
    ):
        return value
    raise ValueError(
        f"{name} must be an int from {least} to {most}, not {value!r}"
    )


def uint64(name: str, value: object) -> int:
    """Returns the value if it is an int from 0 to 2**64 - 1."""
    return integer(name, value, 0, 2**64 - 1)


def text(name: str, value: object) -> str:
    """Returns the value if it is a str that UTF-8 can hold."""
    given = of_type(name, value, str)
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} is not UTF-8: {error}") from None
    return given


def number(name: str, value: object, least: float, most: float) -> float:
    """Returns the value if it is a number, no bool, from `least` to `most`."""
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and least <= value <= most
    ):
        return value
    raise ValueError(
        f"{name} must be a number from {least} to {most}, not {value!r}"
    )


def seconds(name: str, value: object, least: float = 0.0) -> float:
    """Returns the value if it is above 0, and from `least` to 24 days.

    gRPC counts no more milliseconds than that.
    """
    given = number(name, value, least, _MOST_SECONDS)
    if given > 0:
        return given
    raise ValueError(f"{name} must be above 0, not {value!r}")


def of_type(name: str, value: object, kind: type[_Kind]) -> _Kind:
    """Returns the value if it is one of these."""
    if isinstance(value, kind):
        return value
    raise ValueError(f"{name} must be a {kind.__name__}, not {value!r}")


def pairs(metadata: Metadata | None) -> tuple[tuple[str, str | bytes], ...]:
    """Returns the metadata as gRPC takes it."""
    if metadata is None:
        return ()
    if isinstance(metadata, Mapping):
        metadata = metadata.items()
    if isinstance(metadata, str | bytes) or not isinstance(metadata, Iterable):
        kind = type(metadata).__name__
        raise ValueError(f"metadata must be a dict or pairs, not a {kind}")
    return tuple(_pair(pair) for pair in metadata)


def _pair(pair: object) -> tuple[str, str | bytes]:
    if not (isinstance(pair, tuple | list) and len(pair) == 2):
        raise ValueError("metadata: each must be a pair of key and value")
    key, value = pair
    if (
        not isinstance(key, str)
        or not _KEY.fullmatch(key)
        or key.startswith("grpc-")
    ):
        raise ValueError(
            f"metadata: {key!r} is no key: it must be of a-z, 0-9 and _.-, "
            "and not begin with grpc-"
        )
    if key.endswith("-bin"):
        if not isinstance(value, bytes):
            raise ValueError(f"metadata: the value of {key!r} must be bytes")
    elif not (isinstance(value, str) and _PRINTABLE.fullmatch(value)):
        raise ValueError(
            f"metadata: the value of {key!r} must be printable ASCII"
        )
    return key, value


def header(name: str, value: object) -> str:
    """Returns the value if metadata can have it, or if it is empty."""
    if isinstance(value, str) and _PRINTABLE.fullmatch(value):
        return value
    raise ValueError(f"{name} must be printable ASCII")


def is_header(value: str) -> bool:
    """Whether metadata could have this value."""
    return bool(value and _PRINTABLE.fullmatch(value))
