#!/usr/bin/env python3
"""A child of thespian-gateway: the actors echo, counter and spawner.

Needs cbor2 (Debian: python3-cbor2), and examples/sdk/python, where it is or
installed.
"""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "sdk/python/src"))
from thespian_child import Child, DIALECTS, Message

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--dialect", choices=DIALECTS, default="plain")
child = Child(options.parse_args().dialect)
counted = 0


@child.actor("echo", 1)
def echo(message: Message) -> None:
    """Sends back what it got."""
    message.reply(message.payload)


@child.actor("counter", 2)
def counter(message: Message) -> None:
    """Answers with how many messages it got; ["reset"] begins anew."""
    global counted  # noqa: PLW0603
    counted = 0 if message.items() == ["reset"] else counted + 1
    message.reply(["count", counted])


@child.actor("spawner", 4)
def spawner(message: Message) -> None:
    """Starts an actor with an id of its own, which greets the sender."""
    fresh = child.spawn(spawned)
    fresh.send(message.sender, ["hello", fresh.id])


def spawned(message: Message) -> None:
    """An echo that ends when it is told to."""
    match message.items():
        case ["exit"]:
            message.actor.exit()
        case ["exit", str(reason)]:
            message.actor.exit(reason)
        case _:
            message.reply(message.payload)


child.run()
