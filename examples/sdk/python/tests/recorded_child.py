"""Actors of the thespian process whose conversations were recorded."""

from thespian_child import Child, Message

child = Child("thespian")


@child.actor("echo", 2)
def echo(message: Message) -> None:
    message.reply(message.payload)


@child.actor("dier", 3)
def dier(message: Message) -> None:
    match message.items():
        case ["die", str(reason)]:
            message.actor.exit(reason)
        case _:
            message.reply(message.payload)


@child.actor("linker", 4)
def linker(message: Message) -> None:
    match message.items():
        case ["link_me"]:
            message.actor.link(message.sender)
            message.reply(["linked"])
        case _:
            dier.receive(message)


@child.actor("namer", 8)
def namer(message: Message) -> None:
    _, name, payload = message.items()
    message.actor.send_named(name, payload)


child.run()
