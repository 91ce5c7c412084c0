"""The Python child, without a gateway."""

import subprocess
import sys
from typing import Any

import cbor2
import pytest
from conftest import TOP

CHILD = TOP / "examples/children/python/child.py"
LIMIT = 30  # s
GOODBYE = ["transport_error", "stdin_closed"]
THESPIAN = "--dialect=thespian"


def frame(content: bytes) -> bytes:
    return b"\x5a" + len(content).to_bytes(4, "big") + content


def run(said: bytes, *options: str) -> bytes:
    """What the child writes to these bytes, until its end."""
    return subprocess.run(
        [sys.executable, CHILD, *options],
        input=said,
        capture_output=True,
        timeout=LIMIT,
        check=True,
    ).stdout


def talk(messages: list[Any], *options: str) -> list[Any]:
    """What the child says to these messages, until its end."""
    rest = run(b"".join(frame(cbor2.dumps(m)) for m in messages), *options)
    answers = []
    while rest:
        assert rest[:1] == b"\x5a"
        size = int.from_bytes(rest[1:5], "big")
        answers.append(cbor2.loads(rest[5 : 5 + size]))
        rest = rest[5 + size :]
    return answers


@pytest.mark.parametrize(
    ("messages", "answers"),
    [
        ([], []),
        ([["send", 7, 1, "x"]], [["send", 1, 7, "x"]]),
        ([["send_named", 7, "echo", [1]]], [["send", 1, 7, [1]]]),
        ([["send", 0, 1, "nobody hears it"]], []),
        ([["send", 7, 3, "x"]], [["exit", 3, "no_such_actor"]]),
        ([["send", 7, 0, "x"]], []),
        ([["send_named", 7, "nobody", "x"]], []),
        ([["link", 7, 1]], []),
        ([["link", 7, 3]], [["exit", 3, "no_such_actor"]]),
        ([["link", 7, 0]], []),
        ([["exit", 7, "normal"]], []),
        ([["shrug", 7]], []),
        (
            [["send", 7, 2, 1], ["send", 8, 2, 1], ["send", 7, 2, ["reset"]]],
            [["send", 2, 7, ["count", 1]], ["send", 2, 8, ["count", 2]]]
            + [["send", 2, 7, ["count", 0]]],
        ),
        (
            [["send_named", 7, "spawner", 1], ["send", 7, 100, ["exit", "x"]]]
            + [["send", 7, 100, 1], ["send_named", 7, "spawner", 1]],
            [["send", 100, 7, ["hello", 100]], ["exit", 100, "x"]]
            + [["exit", 100, "no_such_actor"]]
            + [["send", 101, 7, ["hello", 101]]],
        ),
        (
            [
                ["send", 7, 4, 1],
                ["send", 7, 100, 1],
                ["send", 7, 100, ["exit"]],
            ],
            [["send", 100, 7, ["hello", 100]], ["send", 100, 7, 1]]
            + [["exit", 100, "normal"]],
        ),
        # Tagged ids are read as well, in whatever type of string.
        (
            [["send", ["LPID", 2**64 - 1], ["RPID", 1], []]]
            + [["send", [b"LPID", 7], [b"RPID", 1], []]]
            + [["link", ["LPID", 7], ["RPID", 3]]],
            [["send", 1, 2**64 - 1, []], ["send", 1, 7, []]]
            + [["exit", 3, "no_such_actor"]],
        ),
    ],
)
def test_it_says_what_the_demo_child_says(
    messages: list[Any], answers: list[Any]
) -> None:
    assert talk(messages) == [*answers, GOODBYE]


@pytest.mark.parametrize(
    ("messages", "answers"),
    [
        (
            [["send_named", ["LPID", 7], "echo", ["hi"]]]
            + [["send", ["LPID", 2**64 - 1], ["RPID", 1], None]]
            + [["send", 7, 1, ["plain ids are read, too"]]],
            [["send", ["LPID", 1], ["RPID", 7], ["hi"]]]
            + [["send", ["LPID", 1], ["RPID", 2**64 - 1], None]]
            + [
                ["send", ["LPID", 1], ["RPID", 7]]
                + [["plain ids are read, too"]]
            ],
        ),
        # Who is not there is not told of.
        ([["send", ["LPID", 7], ["RPID", 3], []]], []),
        ([["link", ["LPID", 7], ["RPID", 3]]], []),
        # An exit is told only to those who linked.
        (
            [["send_named", ["LPID", 7], "spawner", []]] * 2
            + [["link", ["LPID", 7], ["RPID", 101]]]
            + [["send", ["LPID", 7], ["RPID", 100], ["exit", "unseen"]]]
            + [["send", ["LPID", 7], ["RPID", 101], ["exit", "seen"]]]
            + [["send", ["LPID", 7], ["RPID", 101], ["exit", "seen"]]],
            [["send", ["LPID", 100], ["RPID", 7], ["hello", 100]]]
            + [["send", ["LPID", 101], ["RPID", 7], ["hello", 101]]]
            + [["exit", ["LPID", 101], "seen"]],
        ),
    ],
)
def test_it_speaks_as_a_thespian_process_does(
    messages: list[Any], answers: list[Any]
) -> None:
    assert talk(messages, THESPIAN) == [*answers, GOODBYE]


INDEFINITE = ["9f0102ff", "7f61616162ff", "5f4100ff", "bf6161f7ff"]
SIMPLE = ["f7", "f0", "f8ff", "f97e01", "fb7ff8000000000001"]
NUMBERS = ["1b0000000000000001", "3bffffffffffffffff"]
TAGS = ["c000", "c1f6", "d81d00", "d81c81d81d00", "d9d9f780"]
ODD = ["a201010102", "a18000", "61ff", "8161ff"]  # maps, texts


@pytest.mark.parametrize(
    "payload",
    [
        *map(bytes.fromhex, INDEFINITE + SIMPLE + NUMBERS + TAGS + ODD),
        *(head + b"\xc1" * 50_000 + b"\x00" for head in (b"", b"\x81")),
        b"\x81" * 64 + b"\x00",
    ],
    ids=lambda payload: payload[:9].hex(),
)
def test_any_cbor_comes_back_byte_for_byte(payload: bytes) -> None:
    to_each = [
        frame(b"\x84\x64send\x07" + actor + payload)
        for actor in (b"\x01", b"\x02", b"\x04", b"\x18\x64")
    ]

    said = run(b"".join(to_each))

    assert said == b"".join(
        [
            frame(b"\x84\x64send\x01\x07" + payload),
            frame(cbor2.dumps(["send", 2, 7, ["count", 1]])),
            frame(cbor2.dumps(["send", 100, 7, ["hello", 100]])),
            frame(b"\x84\x64send\x18\x64\x07" + payload),
            frame(cbor2.dumps(GOODBYE)),
        ]
    )


@pytest.mark.parametrize("size", [1, 5, 16])
def test_a_frame_that_is_cut_short_is_a_failure(size: int) -> None:
    whole = frame(cbor2.dumps(["send", 7, 1, "xyz"]))
    assert len(whole) == 17
    with pytest.raises(subprocess.CalledProcessError):
        run(whole[:size])
