"""A real child, over pipes."""

import os
from fcntl import ioctl
from pathlib import Path
from struct import unpack
from termios import FIONREAD
from typing import Any, IO

import pytest
from piped_child import GOODBYE, recorded, run, started

HERE = Path(__file__).parent
RECORDED = (HERE / "recorded_child.py").read_text()
FLOOD = (HERE / "flood_child.py").read_text()
PIECES = 1024  # of 64 KiB
MOST = 32 << 10  # KiB: half of all pieces
SCENARIOS = [
    *("then_by_id", "types_in_an_array", "link_then_die", "largest_id"),
    *("link_to_a_dead_actor", "link_again_after_its_exit", "unknown_id"),
    *("child_links_to_us", "child_links_and_dies", "child_sends_to_a_name"),
    *("many_frames_in_one_write", "tag_as_bytes_and_long_ints"),
    "split_at_every_byte",
]


def bytes_of(steps: list[dict[str, Any]], way: str) -> bytes:
    return b"".join(bytes.fromhex(s[way]) for s in steps if way in s)


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_says_what_a_thespian_process_said(name: str) -> None:
    [steps] = [
        scenario["steps"]
        for scenario in recorded("transcripts.json")["scenarios"]
        if scenario["name"] == name and scenario["generation"] == "thespian-32k"
    ]
    said = run(RECORDED, bytes_of(steps, "to_child"))
    assert said.stdout == bytes_of(steps, "from_child")
    assert said.returncode == 0


def plain(body: str) -> str:
    return f"""
from thespian_child import *
child = Child()
@child.actor("a")
def a(message): message.reply(message.payload)
{body}
child.run()
"""


# ["send_named", 7, "a", 1], and its answer; ["exit", 7, "gone"]
ASK = bytes.fromhex("5a00000010846a73656e645f6e616d656407616101")
ANSWER = bytes.fromhex("5a00000009846473656e64010701")
GONE = bytes.fromhex("5a0000000c8364657869740764676f6e65")
LINK = bytes.fromhex("5a0000000883646c696e6b0701")  # from 7 to 1
LINKED = bytes.fromhex("5a0000000883646c696e6b0107")  # from 1 to 7
SENT = "846473656e640107"


def sent(payload: str) -> bytes:
    content = bytes.fromhex(SENT + payload)
    return b"\x5a" + len(content).to_bytes(4, "big") + content


@pytest.mark.parametrize(
    ("body", "said", "answer"),
    [
        ("print('to people')", ASK, ANSWER),
        ("a.send(7, Payload(b'\\x01'))", b"", ANSWER),
        ("a.send(0, 1)", b"", b""),
        ("a.link(7)", b"", LINKED),
        ("a.on_exit = lambda peer, why: a.send(peer, why)", LINK + GONE,
         sent("64676f6e65")),
        ("a.on_exit = lambda peer, why: a.send(peer, why)", GONE, b""),
        ("child.on_exit = lambda peer, why: a.send(peer, why)", GONE,
         sent("64676f6e65")),
        ("a.exit('ü' * 600)", b"", bytes.fromhex(
            "5a0000040a83646578697401790400")
         + "ü".encode() * 512),
        # An error of an actor ends that one, for all that come after.
        ("a.receive = lambda message: 1 / 0", ASK + ASK, bytes.fromhex(
            "5a000000198364657869740171") + b"ZeroDivisionError"),
    ],
)  # fmt: skip
def test_an_actor_speaks(body: str, said: bytes, answer: bytes) -> None:
    ended = run(plain(body), said)
    assert ended.stdout == answer + GOODBYE
    assert ended.returncode == 0


WRONG = [
    ("Child('klingon')", "dialect: 'klingon'; expected plain or thespian"),
    ("child.actor('a')(a.receive)", "name: 'a'; expected a new one"),
    ("child.actor('b', 1)(a.receive)", "id: 1; expected 2 to 99"),
    ("child.actor('b', 100)(a.receive)", "id: 100; expected 2 to 99"),
    ("child.actor('ü' * 128)", "name: 256 bytes; expected 1 to 255"),
    ("a.send_named('', 1)", "name: 0 bytes; expected 1 to 255"),
    ("a.send(2**64, 1)", "id: 18446744073709551616; expected 0 to 2^64 - 1"),
    ("a.link(-1)", "id: -1; expected 0 to 2^64 - 1"),
    ("a.send(7, object())", "payload: <class 'object'>; expected what cbor2"),
    ("a.send(7, eval('[' * 65 + ']' * 65))", "payload: <class 'list'>"),
    ("a.send(7, 'x' * (4 << 20))", "frame: 4194317 bytes; expected at most"),
    ("Payload(b'\\x80\\x80')", "payload: 8080; expected one CBOR item"),
    ("Payload(b'\\xc0\\x00').value()", "payload: c000; expected what cbor2"),
    ("a.exit(); a.send(7, 1)", "actor: 1; expected one that lives"),
    ("a.exit()", "actor: 1; expected one that lives"),
]


def test_a_wrong_argument_is_named_and_nothing_is_written() -> None:
    tries = "".join(
        f"\ntry: {body}\nexcept FieldError as error: print(error)"
        for body, _ in WRONG
    )
    ended = run(plain(tries), b"")
    assert ended.returncode == 0
    lines = ended.stderr.decode().splitlines()
    for line, (_, error) in zip(lines, WRONG, strict=True):
        assert line.startswith(error)
    ends = bytes.fromhex("5a0000000e8364657869740166") + b"normal"
    assert ended.stdout == ends + GOODBYE


def test_a_stream_that_breaks_the_protocol_ends_it() -> None:
    ended = run(plain(""), ASK + b"hello\n")
    assert ended.returncode == 1
    assert ended.stdout.startswith(ANSWER)
    assert b"content: 656c6c6f0a" in ended.stdout  # a transport_error
    assert b"WireError: content: 656c6c6f0a" in ended.stderr


def unread(pipe: IO[bytes]) -> int:
    """How many bytes are in a pipe."""
    [size] = unpack("i", ioctl(pipe.fileno(), FIONREAD, bytes(4)))
    return int(size)


def ask(child: Any, payload: str) -> None:
    content = bytes.fromhex("846473656e640701" + payload)
    child.stdin.write(b"\x5a" + len(content).to_bytes(4, "big") + content)
    child.stdin.flush()


def answer(pipe: IO[bytes]) -> bytes:
    """The payload of the next frame, which is for 7."""
    size = int.from_bytes(pipe.read(5)[1:], "big")
    content = pipe.read(size)
    assert content[:8] == bytes.fromhex(SENT)
    return content[8:]


def number(payload: bytes) -> int:
    assert payload[0] in (0x19, 0x1A)
    return int.from_bytes(payload[1:], "big")


def test_a_writer_waits_for_a_slow_reader() -> None:
    with started(FLOOD) as child:
        assert child.stdout
        ask(child, "81647065616b")  # ["peak"]
        before = number(answer(child.stdout))
        ask(child, "82657772697465190400")  # ["write", 1024]
        full = os.sysconf("SC_PAGE_SIZE") * 15
        while unread(child.stdout) < full:
            assert child.poll() is None
        ask(child, "81647065616b")
        for _ in range(PIECES):
            assert answer(child.stdout)[:5] == bytes.fromhex("5a00010000")
        assert 0 < number(answer(child.stdout)) < before + MOST
        child.stdin.close()  # type: ignore[union-attr]
        assert child.stdout.read() == GOODBYE
        assert child.wait() == 0
