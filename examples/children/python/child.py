#!/usr/bin/env python3
"""A child of thespian-gateway: the actors echo, counter and spawner.

Frames come on stdin and go to stdout; everything else that is printed must go
to stderr. Needs cbor2 (Debian: python3-cbor2).
"""

import argparse
import io
import itertools
import sys

import cbor2


class Counter:
    """Answers with how many messages it got; ["reset"] begins anew."""

    count = 0

    def __call__(self, me, sender, payload):
        self.count = 0 if words(payload) == ["reset"] else self.count + 1
        send(me, sender, cbor2.dumps(["count", self.count]))


def echo(me, sender, payload):
    """Sends back what it got."""
    send(me, sender, payload)


def spawner(_me, sender, _payload):
    """Starts an actor with an id of its own, which greets the sender."""
    fresh = next(fresh_ids)
    actors[fresh] = spawned
    send(fresh, sender, cbor2.dumps(["hello", fresh]))


def spawned(me, sender, payload):
    """An echo that ends when it is told to."""
    match words(payload):
        case ["exit"]:
            leave(me, "normal")
        case ["exit", str(reason)]:
            leave(me, reason)
        case _:
            send(me, sender, payload)


actors = {1: echo, 2: Counter(), 4: spawner}  # by id; never 0
names = {"echo": 1, "counter": 2, "spawner": 4}
fresh_ids = itertools.count(100)  # an id is never used twice
linked = set()  # the actors that someone has linked to
thespian = False  # the dialect


def words(payload):
    """A payload that is a list; else [], also if cbor2 can't read it."""
    try:
        value = cbor2.loads(payload)
    except Exception:
        value = None
    return value if isinstance(value, list) else []


def our_id(actor):
    return ["LPID", actor] if thespian else actor


def their_id(actor):
    return ["RPID", actor] if thespian else actor


def number_of(item):
    """The number of an id, in either of its written forms."""
    match item:
        case ["LPID" | "RPID" | b"LPID" | b"RPID", int(number)]:
            return number
    return item


def write(*items, payload=b""):
    head = bytes([0x80 + len(items) + bool(payload)])  # of an array
    content = head + b"".join(map(cbor2.dumps, items)) + payload
    # A frame: a byte string with a length of four bytes.
    sys.stdout.buffer.write(b"\x5a" + len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()


def send(me, to, payload):
    if to != 0:  # 0 is nobody
        write("send", our_id(me), their_id(to), payload=payload)


def send_named(me, name, payload):
    write("send_named", our_id(me), name, payload=payload)


def link(me, to):
    write("link", our_id(me), their_id(to))


def leave(me, reason):
    del actors[me]
    # The gateway keeps the links. A thespian process keeps them as well, and
    # tells only those.
    if not thespian or me in linked:
        write("exit", our_id(me), reason)
    linked.discard(me)


def refuse(actor):
    if actor == 0:
        return
    if thespian:  # says nothing of actors that are not there
        print("there is no actor", actor, file=sys.stderr)
    else:
        write("exit", actor, "no_such_actor")


def deliver(actor, sender, payload):
    if actor in actors:
        actors[actor](actor, sender, payload)
    else:
        refuse(actor)


def handle(items, payload):
    match items:
        case ["send", sender, to]:
            deliver(number_of(to), number_of(sender), payload)
        case ["send_named", sender, name] if name in names:
            deliver(names[name], number_of(sender), payload)
        case ["link", _, to] if number_of(to) in actors:
            linked.add(number_of(to))
        case ["link", _, to]:
            refuse(number_of(to))
        case ["exit", sender, reason]:
            ended = number_of(sender)
            print("actor", ended, "has ended:", reason, file=sys.stderr)
        case _:
            print("not understood:", items, file=sys.stderr)


def take_apart(content):
    """The items of a message, and its payload, which stays as it is."""
    decoder = cbor2.CBORDecoder(io.BytesIO(content[1:]))
    items = [decoder.decode() for _ in range(min(content[0] - 0x80, 3))]
    # The gateway writes the shortest form, as cbor2 does: encoded again, what
    # is before the payload has the same size.
    return items, content[1 + sum(len(cbor2.dumps(item)) for item in items) :]


def frames():
    """The content of each frame, until stdin ends."""
    while head := sys.stdin.buffer.read(5):  # 5a and the length
        size = int.from_bytes(head[1:], "big")
        content = sys.stdin.buffer.read(size)
        if len(head) < 5 or len(content) < size:
            sys.exit("stdin has ended inside a frame")
        yield content


def serve(take=handle):
    """Hands every message to `take`, until stdin ends."""
    for frame in frames():
        take(*take_apart(frame))
    write("transport_error", "stdin_closed")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--dialect", choices=["plain", "thespian"], default="plain"
    )
    thespian = parser.parse_args().dialect == "thespian"
    serve()
