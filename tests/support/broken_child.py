#!/usr/bin/python3
"""A child that does one thing wrong: see FAULTS. Needs python3-cbor2.

    broken_child.py [FAULT]...

It reads ids in both forms and answers in the form that it was asked in.
"""

import os
import sys

import cbor2

ECHO = 1
FAULTS = {
    "text",  # prints to stdout before it reads
    "late-text",  # prints to stdout when it has answered
    "little-endian",  # the length of a frame
    "no-head",  # messages without frames
    "long-length",  # announces more than it writes
    "wrong-id",  # answers somebody else
    "swapped-ids",  # writes the reader's id first
    "swapped-tags",  # RPID first
    "plain-answers",  # whatever the form of the question
    "ids-of-32-bits",
    "mute",
    "one-frame-a-read",
    "whole-frames-only",  # a read that is no whole frame is lost
    "reorders",  # answers what a read brought from the last to the first
    "dies-of-unknown-id",
    "dies-of-unknown-name",
    "dies-of-exit",
    "silent-about-links",
    "silent-about-ends",  # of its actor, after ["exit", ...]
    "answers-nobody",
    "truncates",  # long payloads
    "dies-of-large",  # payloads beyond 16 KiB
    "floods",
    "goes-on-after-end",
    "exit-code-3",
    "dies-at-once",
}
faults = set(sys.argv[1:])
assert faults <= FAULTS, faults - FAULTS
actors = {ECHO}
tagged = False


def number(written):
    """The id, in whatever form."""
    global tagged
    tagged = isinstance(written, list)
    return written[1] if tagged else written


def local(actor):
    tag = "RPID" if "swapped-tags" in faults else "LPID"
    return [tag, actor] if tagged and "plain-answers" not in faults else actor


def remote(actor):
    tag = "LPID" if "swapped-tags" in faults else "RPID"
    if "ids-of-32-bits" in faults:
        actor &= 0xFFFFFFFF
    return [tag, actor] if tagged and "plain-answers" not in faults else actor


def write_bytes(data):
    while data:
        data = data[os.write(1, data) :]


def write(*message):
    content = cbor2.dumps(message)
    order = "little" if "little-endian" in faults else "big"
    extra = 10 if "long-length" in faults else 0
    head = b"\x5a" + (len(content) + extra).to_bytes(4, order)
    write_bytes(content if "no-head" in faults else head + content)


def answer(sender, payload):
    if "mute" in faults or (sender == 0 and "answers-nobody" not in faults):
        return
    if "truncates" in faults and len(str(payload)) > 5000:
        payload = [payload[0][:4000]]
    if "wrong-id" in faults:
        sender += 5
    ids = [local(ECHO), remote(sender)]
    if "swapped-ids" in faults:
        ids.reverse()
    for _ in range(20_000 if "floods" in faults else 1):
        write("send", *ids, payload)
    if "late-text" in faults:
        write_bytes(b"answered\n")


def deliver(sender, actor, payload):
    if actor not in actors:
        assert "dies-of-unknown-id" not in faults
        write("exit", local(actor), "no_such_actor")
    elif payload[0] == "exit":
        actors.remove(actor)
        if "silent-about-ends" not in faults:
            write("exit", local(actor), "normal")
    else:
        answer(sender, payload)


def handle(message):
    match message:
        case ["send", sender, actor, payload]:
            deliver(number(sender), number(actor), payload)
        case ["send_named", sender, "echo", payload]:
            deliver(number(sender), ECHO, payload)
        case ["send_named", *_]:
            assert "dies-of-unknown-name" not in faults
        case ["link", _, actor] if number(actor) not in actors:
            if "silent-about-links" not in faults:
                write("exit", local(number(actor)), "no_such_actor")
        case ["exit", *_]:
            assert "dies-of-exit" not in faults


def frames_of(data):
    """The whole frames in `data`, and what is left."""
    frames = []
    while len(data) >= 5:
        end = 5 + int.from_bytes(data[1:5], "big")
        if len(data) < end:
            break
        frames.append(data[5:end])
        data = data[end:]
    return frames, data


def serve():
    rest = b""
    while data := os.read(0, 1 << 20):
        frames, rest = frames_of(rest + data)
        if "dies-of-large" in faults:
            assert len(rest) < 20_000 and all(len(f) < 20_000 for f in frames)
        if "one-frame-a-read" in faults:
            frames, rest = frames[:1], b""
        if "whole-frames-only" in faults:
            rest = b""
        if "reorders" in faults:
            frames.reverse()
        for frame in frames:
            handle(cbor2.loads(frame))


if "dies-at-once" in faults:
    sys.exit("no configuration")
if "text" in faults:
    write_bytes(b"ready to serve\n")
serve()
if "goes-on-after-end" in faults:
    while True:
        os.read(os.pipe()[0], 1)
write("transport_error", "stdin_closed")
sys.exit(3 if "exit-code-3" in faults else 0)
