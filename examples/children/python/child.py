#!/usr/bin/env python3
"""A child of thespian-gateway: the actors echo, counter and spawner.

Frames come on stdin and go to stdout; everything else that is printed must go
to stderr. Needs cbor2 (Debian: python3-cbor2).
"""

import itertools
import sys

import cbor2


class Counter:
    """Answers with how many messages it got; ["reset"] begins anew."""

    count = 0

    def __call__(self, me, sender, payload):
        self.count = 0 if payload == ["reset"] else self.count + 1
        send(me, sender, ["count", self.count])


def echo(me, sender, payload):
    """Sends back what it got."""
    send(me, sender, payload)


def spawner(_me, sender, _payload):
    """Starts an actor with an id of its own, which greets the sender."""
    fresh = next(fresh_ids)
    actors[fresh] = spawned
    send(fresh, sender, ["hello", fresh])


def spawned(me, sender, payload):
    """An echo that ends when it is told to."""
    match payload:
        case ["exit"]:
            leave(me, "normal")
        case ["exit", str(reason)]:
            leave(me, reason)
        case _:
            send(me, sender, payload)


actors = {1: echo, 2: Counter(), 4: spawner}  # by id; never 0
names = {"echo": 1, "counter": 2, "spawner": 4}
fresh_ids = itertools.count(100)  # an id is never used twice


def write(*message):
    content = cbor2.dumps(message)
    # A frame: a byte string with a length of four bytes.
    sys.stdout.buffer.write(b"\x5a" + len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()


def send(me, to, payload):
    if to != 0:  # 0 is nobody
        write("send", me, to, payload)


def leave(me, reason):
    del actors[me]
    write("exit", me, reason)  # the gateway tells those linked to it


def deliver(actor, sender, payload):
    if actor in actors:
        actors[actor](actor, sender, payload)
    elif actor != 0:
        write("exit", actor, "no_such_actor")


def handle(message):
    match message:
        case ["send", sender, actor, payload]:
            deliver(actor, sender, payload)
        case ["send_named", sender, name, payload] if name in names:
            deliver(names[name], sender, payload)
        case ["link", _, actor] if actor not in actors and actor != 0:
            write("exit", actor, "no_such_actor")
        case ["link", *_]:
            pass  # the gateway keeps the links
        case ["exit", sender, reason]:
            print("actor", sender, "has ended:", reason, file=sys.stderr)
        case _:
            print("not understood:", message, file=sys.stderr)


def frames():
    """The content of each frame, until stdin ends."""
    while head := sys.stdin.buffer.read(5):  # 5a and the length
        yield sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))


for frame in frames():
    handle(cbor2.loads(frame))
write("transport_error", "stdin_closed")
