#!/usr/bin/python3
"""A child of thespian-gateway with two actors. Needs python3-cbor2."""
import io
import itertools
import sys

import cbor2

numbers = itertools.count(1)
names = {"echo": 1, "counter": 2}
actors = {  # by id: what each answers to a payload, which is CBOR
    1: lambda payload: payload,
    2: lambda payload: cbor2.dumps(["count", next(numbers)]),
}


def write(*items, payload=b""):
    body = bytes([0x80 + len(items) + bool(payload)])  # head of an array
    body += b"".join(map(cbor2.dumps, items)) + payload
    sys.stdout.buffer.write(b"\x5a" + len(body).to_bytes(4, "big") + body)
    sys.stdout.buffer.flush()


def deliver(sender, actor, payload):
    if actor not in actors:
        write("exit", actor, "no_such_actor")
    elif payload == cbor2.dumps(["exit"]):
        del actors[actor]
        write("exit", actor, "normal")
    else:
        reply = actors[actor](payload)
        if sender:  # 0: nobody to answer
            write("send", actor, sender, payload=reply)


frames = cbor2.CBORDecoder(sys.stdin.buffer)
while sys.stdin.buffer.peek(1):
    body = io.BytesIO(frames.decode())
    size = body.read(1)[0] - 0x80
    items = [cbor2.load(body) for _ in range(min(size, 3))]
    payload = body.read()  # the fourth item, whatever it is
    match items:
        case ["send", sender, actor]:
            deliver(sender, actor, payload)
        case ["send_named", sender, name] if name in names:
            deliver(sender, names[name], payload)
        case ["link", _, actor] if actor not in actors:
            write("exit", actor, "no_such_actor")
        case ["exit", sender, reason]:
            print("actor", sender, "has ended:", reason, file=sys.stderr)
write("transport_error", "stdin_closed")
