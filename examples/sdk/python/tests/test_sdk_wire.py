"""Frames, messages and items, on the protocol's recorded vectors."""

from typing import Any

import pytest
from piped_child import recorded

from thespian_child import ArgumentError, FieldError, Payload, wire, WireError

LIMIT = 4 << 20
VECTORS = recorded("vectors.json")
FIELDS = ("from", "to", "name", "local", "remote", "reason")


def named(rows: list[dict[str, Any]]) -> list[Any]:
    return [
        pytest.param(row, id=f"{i}-{row['name']}") for i, row in enumerate(rows)
    ]


def read(stream: bytes, step: int, limit: int = LIMIT) -> list[tuple[Any, ...]]:
    """What comes of a stream in pieces; () is what was not understood."""
    reader = wire.FrameReader(limit)
    messages = []
    for at in range(0, len(stream), step):
        for content in reader.feed(stream[at : at + step]):
            messages.append(wire.parse(content))
    reader.finish()
    return messages


def expected(message: dict[str, str]) -> tuple[Any, ...]:
    """A message of the vectors as `parse` has it."""
    fields: list[Any] = [message["kind"]]
    for field in FIELDS:
        if field in message:
            text = field in ("name", "reason")
            fields.append(message[field] if text else int(message[field]))
    if "payload_hex" in message:
        fields.append(bytes.fromhex(message["payload_hex"]))
    return tuple(fields)


@pytest.mark.parametrize("row", named(VECTORS["frames"]))
def test_a_frame_is_read_or_passed_over_or_fatal(row: dict[str, Any]) -> None:
    stream = bytes.fromhex(row["hex"])
    for step in range(1, len(stream) + 1):
        if row["verdict"] == "fatal":
            with pytest.raises(WireError):
                read(stream, step)
        elif row["verdict"] == "skipped":
            assert read(stream, step) == [()]
        else:
            assert read(stream, step) == [expected(row["message"])]


@pytest.mark.parametrize("row", named(VECTORS["streams"]))
def test_a_stream_is_the_same_in_every_cut(
    row: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    stream = bytes.fromhex(row["hex"])
    for step in range(1, len(stream) + 1):
        caplog.clear()
        got: list[tuple[Any, ...]] = []
        reader = wire.FrameReader(row.get("limit", LIMIT))
        end = "open"
        try:
            for at in range(0, len(stream), step):
                for content in reader.feed(stream[at : at + step]):
                    got.append(wire.parse(content))
        except WireError:
            end = "fatal"
        if end == "open":
            left = len(reader._data)
            try:
                reader.finish()
            except WireError:
                end = "truncated"
            assert left == row.get("left", 0)
        assert end == row["then"]
        assert len([one for one in got if one]) == row["messages"]
        assert len(caplog.records) == row.get("skipped", 0)


@pytest.mark.parametrize("row", named(VECTORS["payloads"]))
def test_a_payload_is_exactly_one_item(row: dict[str, Any]) -> None:
    cbor = bytes.fromhex(row["hex"])
    if row["cbor"]:
        assert Payload(cbor) == cbor
    else:
        with pytest.raises(ArgumentError, match="expected one CBOR item"):
            Payload(cbor)


@pytest.mark.parametrize(
    ("stream", "field", "value", "limit"),
    [
        ("68656c6c6f0a", "content", "(b'ello\\n')", "an array"),
        ("846473656e64", "frame head", "846473656e64", "with a length"),
        ("5a04000001", "frame", "67108865 bytes", "at most 67108864"),
        ("5a00000000", "content", "()", "an array"),
        ("5a000000028080", "content", "not one array at byte 1", "one well-"),
        ("5a0000000281", "frame", "6 bytes of the last one", "all of it"),
        ("5a000000028218", "content", "cut short at byte 2", "one well-"),
        ("5a00000002811c", "content", "a reserved head at byte 1", "one well-"),
    ],
)
def test_a_fault_names_its_field_value_and_limit(
    stream: str, field: str, value: str, limit: str
) -> None:
    with pytest.raises(WireError) as raised:
        read(bytes.fromhex(stream), 1 << 20)
    error = raised.value
    assert error.field == field
    assert value.strip("()") in str(error.value)
    assert limit in error.limit
    assert str(error) == f"{field}: {error.value}; expected {error.limit}"
    assert isinstance(error, FieldError)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("826573687275670a", "verb: b'eshrug'; expected one of"),
        ("836473656e640107", "send: 3 elements; expected 4 elements"),
        ("846473656e64200780", "send.from: 20; expected an id"),
        ("8364657869740107", "exit.reason: 07; expected a string"),
    ],
)
def test_what_is_passed_over_is_told(
    content: str, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert wire.parse(bytes.fromhex(content)) == ()
    assert f"passed over: {line}" in caplog.text


def test_a_frame_over_the_limit_is_not_kept() -> None:
    reader = wire.FrameReader(1024)
    assert list(reader.feed(bytes.fromhex("5a0020000084"))) == []
    for _ in range(31):
        assert list(reader.feed(b"x" * 65_536)) == []
        assert len(reader._data) == 0
    rest = b"x" * 65_535 + bytes.fromhex("5a0000000180")
    assert list(reader.feed(rest)) == [b"\x80"]
