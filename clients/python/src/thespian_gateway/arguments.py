"""What is checked of what a user gives, before anything is sent.

Everything here raises a ValueError that names the argument.
"""

import re
from collections.abc import Iterable, Mapping

#: Of a call: by key, or as pairs, of which several may have the same key. The
#: value is bytes if the key ends with "-bin", and printable ASCII otherwise.
Metadata = Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]

_KEY = re.compile(r"[a-z0-9_.-]+")
_PRINTABLE = re.compile(r"[ -~]*")


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
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{name} is not UTF-8: {error}") from None
        return value
    raise ValueError(f"{name} must be a str, not {value!r}")


def positive(name: str, value: float) -> float:
    """Returns the value if it is a number above 0."""
    if isinstance(value, int | float) and value > 0:
        return value
    raise ValueError(f"{name} must be a number above 0, not {value!r}")


def pairs(metadata: Metadata | None) -> tuple[tuple[str, str | bytes], ...]:
    """Returns the metadata as gRPC takes it."""
    if metadata is None:
        return ()
    if isinstance(metadata, Mapping):
        metadata = metadata.items()
    return tuple(_pair(key, value) for key, value in metadata)


def _pair(key: str, value: str | bytes) -> tuple[str, str | bytes]:
    if not _KEY.fullmatch(key) or key.startswith("grpc-"):
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


def is_header(value: str) -> bool:
    """Whether metadata could have this value."""
    return bool(value and _PRINTABLE.fullmatch(value))
