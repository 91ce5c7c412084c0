#!/usr/bin/python3
"""A child of thespian-gateway with two actors. Needs python3-cbor2."""
import itertools
import sys

import cbor2

numbers = itertools.count(1)
names = {"echo": 1, "counter": 2}
actors = {  # by id: what each makes of a message
    1: lambda message: message,
    2: lambda message: ["count", next(numbers)],
}


def write(*message):
    body = cbor2.dumps(message)
    sys.stdout.buffer.write(b"\x5a" + len(body).to_bytes(4, "big") + body)
    sys.stdout.buffer.flush()


def deliver(sender, actor, payload):
    if actor not in actors:
        write("exit", actor, "no_such_actor")
    elif payload == ["exit"]:
        del actors[actor]
        write("exit", actor, "normal")
    else:
        reply = actors[actor](payload)
        if sender:  # 0: nobody to answer
            write("send", actor, sender, reply)


frames = cbor2.CBORDecoder(sys.stdin.buffer)
while sys.stdin.buffer.peek(1):
    match cbor2.loads(frames.decode()):
        case ["send", sender, actor, payload]:
            deliver(sender, actor, payload)
        case ["send_named", sender, name, payload] if name in names:
            deliver(sender, names[name], payload)
        case ["link", _, actor] if actor not in actors:
            write("exit", actor, "no_such_actor")
        case ["exit", sender, reason]:
            print("actor", sender, "has ended:", reason, file=sys.stderr)
write("transport_error", "stdin_closed")
