import cbor2
import pytest

from thespian_gateway import decode, Raw
from thespian_gateway.payload import encode


@pytest.mark.parametrize(
    "value",
    [None, True, 0, 2**64 - 1, -(2**63), 1.5, "é", b"\x00", [], {"a": [1]}],
)
def test_plain_values_come_back(value: object) -> None:
    assert decode(encode(value)) == value


def test_raw_is_sent_as_it_is() -> None:
    assert encode(Raw(b"\xff no cbor")) == b"\xff no cbor"


def test_a_value_without_a_form_is_refused() -> None:
    itself: list[object] = []
    itself.append(itself)
    for value in (object(), itself, "\ud800"):
        with pytest.raises(ValueError, match=r"^value can't be written"):
            encode(value)


def test_cbor_without_a_form_is_refused() -> None:
    with pytest.raises(cbor2.CBORDecodeError):
        decode(b"\x61\xff")  # a text that is not UTF-8
