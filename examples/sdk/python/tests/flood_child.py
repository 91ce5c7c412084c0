"""Writes a lot at once when it is told to, and tells its peak of memory."""

import resource

from thespian_child import Child, Message, Payload

child = Child()
piece = Payload.of(b"x" * 65_536)


@child.actor("flood")
def flood(message: Message) -> None:
    match message.items():
        case ["write", int(pieces)]:
            for _ in range(pieces):
                message.reply(piece)
        case ["peak"]:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            message.reply(usage.ru_maxrss)  # KiB


child.run()
