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
      cbor2.CBOREncodeError: the value has no form in CBOR.
    """
    return value.cbor if isinstance(value, Raw) else cbor2.dumps(value)


def decode(cbor: bytes) -> Any:
    """Decodes one CBOR item.

    Raises:
      cbor2.CBORDecodeError: what it holds has no form in Python, such as a
        text that is not UTF-8.
    """
    return cbor2.loads(cbor)
