"""Payloads: plain Python values on this side, CBOR on the other."""

from dataclasses import dataclass
from typing import Any

import cbor2


@dataclass(frozen=True, slots=True)
class Raw:
    """A payload that is CBOR already: exactly one item, sent as it is."""

    cbor: bytes


def encode(value: object) -> bytes:
    """Encodes a value as one CBOR item.

    Raises:
      ValueError: the value has no form in CBOR, contains itself, or nests too
        deep; or is Raw, but not of bytes.
    """
    if isinstance(value, Raw):
        if not isinstance(value.cbor, bytes):
            kind = type(value.cbor).__name__
            raise ValueError(f"value: Raw takes bytes, not {kind}")
        return value.cbor
    try:
        return cbor2.dumps(value)
    except (cbor2.CBOREncodeError, ValueError, RecursionError) as error:
        raise ValueError(f"value can't be written as CBOR: {error}") from error


def decode(cbor: bytes) -> Any:
    """Decodes one CBOR item.

    Raises:
      cbor2.CBORDecodeError: what it holds has no form in Python, such as a
        text that is not UTF-8.
    """
    return cbor2.loads(cbor)
