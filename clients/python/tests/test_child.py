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


def talk(*messages: Any) -> list[Any]:
    """What the child says to these messages, until its end."""
    said = b""
    for message in messages:
        content = cbor2.dumps(message)
        said += b"\x5a" + len(content).to_bytes(4, "big") + content
    ran = subprocess.run(
        [sys.executable, CHILD],
        input=said,
        capture_output=True,
        timeout=LIMIT,
        check=True,
    )
    answers = []
    rest = ran.stdout
    while rest:
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
    ],
)
def test_it_says_what_the_demo_child_says(
    messages: list[Any], answers: list[Any]
) -> None:
    assert talk(*messages) == [*answers, GOODBYE]
