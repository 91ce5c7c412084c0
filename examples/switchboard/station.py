#!/usr/bin/python3
"""A station: asks the next ones, and answers with its name and what they said.

usage: station.py NAME [NEXT...]

It ends when an actor that it is linked to ends. README.md says what it
understands.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "sdk/python/src"))
from thespian_child import Child, Message

name, *following = sys.argv[1:]
child = Child()


class Question:
    """An actor that asks one after the other, answers, and ends."""

    def __init__(self, question: Message) -> None:
        self.question = question
        self.answers: list[object] = []
        self.me = child.spawn(self.answered)
        self.ask()

    def ask(self) -> None:
        if len(self.answers) < len(following):
            to = following[len(self.answers)]
            self.me.send_named(to, self.question.payload)
        else:
            self.question.reply([name, *self.answers])
            self.me.exit()

    def answered(self, answer: Message) -> None:
        if self.question.items() == ["link"]:
            station.link(answer.sender)
        self.answers.append(answer.payload.value())
        self.ask()


@child.actor(name)
def station(message: Message) -> None:
    match message.items():
        case ["call"] | ["link"]:
            Question(message)
        case ["exit", str(reason)]:
            station.exit(reason)


def linked_has_ended(_peer: int, reason: str) -> None:
    station.send_named("monitor", ["told", name, reason])
    station.exit(reason)


def has_ended(peer: int, reason: str) -> None:
    print("actor", peer, "has ended:", reason)


station.on_exit = linked_has_ended
child.on_exit = has_ended
child.run()
