#!/usr/bin/python3
"""A station: asks the next ones, and answers with its name and what they said.

usage: station.py NAME [NEXT...]

It is the Python child of examples/children with another actor. That is known
by NAME, and ends when an actor that it is linked to ends. README.md says what
it understands.
"""

import sys
from pathlib import Path

import cbor2

sys.path.append(str(Path(__file__).parent.parent / "children/python"))
import child

STATION = 1
name, *following = sys.argv[1:]
linked = set()


class Question:
    """An actor that asks one after the other, answers, and ends."""

    def __init__(self, asker, question):
        self.asker = asker
        self.question = question
        self.answers = []
        self.me = next(child.fresh_ids)
        child.actors[self.me] = self
        self.ask()

    def ask(self):
        if len(self.answers) < len(following):
            to = following[len(self.answers)]
            child.send_named(self.me, to, self.question)
        else:
            answer = cbor2.dumps([name, *self.answers])
            child.send(STATION, self.asker, answer)
            child.leave(self.me, "normal")

    def __call__(self, _me, sender, payload):
        if child.words(self.question) == ["link"]:
            linked.add(sender)
            child.link(STATION, sender)
        self.answers.append(cbor2.loads(payload))
        self.ask()


def station(_me, sender, payload):
    match child.words(payload):
        case ["call"] | ["link"]:
            Question(sender, payload)
        case ["exit", str(reason)]:
            child.leave(STATION, reason)


def end_of_linked(reason):
    told = cbor2.dumps(["told", name, reason])
    child.send_named(STATION, "monitor", told)
    child.leave(STATION, reason)


def handle(items, payload):
    match items:
        case ["link", peer, to] if to == STATION:
            linked.add(peer)
    child.handle(items, payload)
    match items:
        case ["exit", peer, reason] if peer in linked:
            if STATION in child.actors:
                end_of_linked(reason)


child.actors = {STATION: station}
child.names = {name: STATION}
child.serve(handle)
