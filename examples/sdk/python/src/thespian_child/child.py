"""A child, its actors, and the messages that they take."""

import io
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import cbor2

from thespian_child import errors, wire

# What may be written, in bytes: the content of a frame, and a reason.
DIALECTS = {"plain": (64 << 20, 1024), "thespian": (32_768 - 5, 248)}
_log = logging.getLogger("thespian_child")


class Payload(bytes):
    """One item of CBOR, which is sent as it is, byte for byte."""

    def __new__(cls, cbor: bytes) -> "Payload":
        """ArgumentError: it is not exactly one well-formed item."""
        if isinstance(cbor, Payload) or wire.is_item(cbor):
            return super().__new__(cls, cbor)
        raise errors.ArgumentError("payload", cbor[:16].hex(), "one CBOR item")

    @classmethod
    def of(cls, value: object) -> "Payload":
        """Encodes a value; ArgumentError: it has no form, or is too deep."""
        if isinstance(value, cls):
            return value
        try:
            return cls(cbor2.dumps(value))
        except (cbor2.CBOREncodeError, RecursionError, ValueError) as error:
            limit = f"what cbor2 can encode ({error})"
            raise errors.ArgumentError("payload", type(value), limit) from error

    def value(self) -> Any:
        """What it stands for; a FieldError: cbor2 can't tell."""
        try:
            return cbor2.loads(self)
        except Exception as error:
            shown, limit = self[:16].hex(), "what cbor2 can decode"
            raise errors.FieldError("payload", shown, limit) from error


@dataclass(frozen=True, slots=True)
class Message:
    """What `actor` takes from the client's actor `sender` (0: from nobody)."""

    actor: "Actor"
    sender: int
    payload: Payload

    def items(self) -> list[Any]:
        """The payload, if it is a list; [] if it isn't, or can't be read."""
        with suppress(errors.FieldError):
            value = self.payload.value()
            if isinstance(value, list):
                return value
        return []

    def reply(self, value: object) -> None:
        """Sends to who sent it; nobody is not answered."""
        self.actor.send(self.sender, value)


Receive = Callable[[Message], None]
OnExit = Callable[[int, str], None]  # which client's actor has ended, and why


class Actor:
    """One of the child's. `on_exit` is told of the ends of those linked to it.

    Its methods may be called on any thread. They wait while the gateway does
    not read, and raise ArgumentError, or OSError if it has gone.
    """

    def __init__(
        self, child: "Child", number: int, name: str | None, receive: Receive
    ) -> None:
        self.id, self.name, self.receive = number, name, receive
        self.on_exit: OnExit | None = None
        self._child = child
        self._linked: set[int] = set()  # clients' actors

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._child._actors.get(self.id) is self

    def send(self, to: int, value: object) -> None:
        """Sends to a client's actor; for nobody (0) nothing is written."""
        if to != 0:
            self._speak("send", self._child._id("RPID", to), Payload.of(value))

    def send_named(self, name: str, value: object) -> None:
        """Sends to the client that has attached itself under this name."""
        self._speak("send_named", _name_item(name), Payload.of(value))

    def link(self, to: int) -> None:
        """Links it to a client's actor: when one ends, the other is told."""
        with self._child._turn:
            self._speak("link", self._child._id("RPID", to))
            self._child._link(self, to)

    def exit(self, reason: str = "normal") -> None:
        """Ends it. Of a long reason the beginning is told."""
        with self._child._turn:
            # The gateway keeps the links. A thespian process keeps them
            # itself, and tells only those.
            if self._linked or not self._child._thespian or not self.alive:
                self._speak("exit", self._child._reason_item(reason))
            self._child._remove(self)

    def _speak(self, verb: str, *items: bytes) -> None:
        with self._child._turn:
            if not self.alive:
                raise errors.ArgumentError("actor", self.id, "one that lives")
            self._child._write(verb, self._child._id("LPID", self.id), *items)


class Child:
    """The actors, by id and by name, and the two streams.

    Once there is one, what is printed goes to stderr: stdout is the gateway's.
    It keeps no more than one frame in each direction.
    """

    def __init__(
        self, dialect: str = "plain", max_frame_bytes: int = 4 << 20
    ) -> None:
        if dialect not in DIALECTS:
            limit = " or ".join(DIALECTS)
            raise errors.ArgumentError("dialect", repr(dialect), limit)
        self.on_exit: OnExit | None = None  # told of all clients' actors
        self._thespian = dialect == "thespian"
        written, self._max_reason = DIALECTS[dialect]
        self._max_written = min(written, max_frame_bytes)
        self._frames = wire.FrameReader(max_frame_bytes)
        self._in = open(0, "rb", closefd=False)  # noqa: SIM115
        self._out = _take_stdout()
        self._turn = threading.RLock()  # for what follows, and for writing
        self._actors: dict[int, Actor] = {}
        self._names: dict[str, Actor] = {}
        self._links: dict[int, set[Actor]] = {}  # by the client's actor
        self._next_named, self._next_spawned = 1, 100

    def actor(
        self, name: str, actor_id: int | None = None
    ) -> Callable[[Receive], Actor]:
        """Decorates the function that takes the messages to this name.

        The ids of named actors go up, from 1 to 99; the next one is taken if
        none is given.
        """
        _name_item(name)

        def register(receive: Receive) -> Actor:
            with self._turn:
                number = actor_id or self._next_named
                if name in self._names:
                    raise errors.ArgumentError("name", repr(name), "a new one")
                if not self._next_named <= number < 100:
                    limit = f"{self._next_named} to 99"
                    raise errors.ArgumentError("id", number, limit)
                self._next_named = number + 1
                self._names[name] = actor = Actor(self, number, name, receive)
                self._actors[number] = actor
                return actor

        return register

    def spawn(self, receive: Receive) -> Actor:
        """Starts an actor under a fresh id, from 100 on."""
        with self._turn:
            actor = Actor(self, self._next_spawned, None, receive)
            self._next_spawned += 1
            self._actors[actor.id] = actor
            return actor

    def run(self) -> None:
        """Hands messages to their actors, one at a time, until stdin ends.

        If the function of an actor raises an error, that actor ends; its
        reason is the error's name. Raises WireError and OSError.
        """
        try:
            while data := self._in.read1(65_536):
                for content in self._frames.feed(data):
                    self._take(content)
            self._frames.finish()
        except errors.WireError as error:
            self._write("transport_error", self._reason_item(str(error)))
            raise
        self._write("transport_error", wire.text("stdin_closed"))

    def _take(self, content: bytes) -> None:
        match wire.parse(content):
            case "send", int(sender), int(to), bytes(payload):
                self._deliver(self._actors.get(to), to, sender, payload)
            case "send_named", int(sender), str(name), bytes(payload):
                self._deliver(self._names.get(name), name, sender, payload)
            case "link", int(peer), int(to) if actor := self._actors.get(to):
                self._link(actor, peer)
            case "link", _, int(to):
                self._refuse(to)
            case "exit", int(peer), str(reason):
                self._tell_exit(peer, reason)
            case "transport_error", reason:
                _log.warning("the gateway gives up: %s", reason)

    def _deliver(
        self, actor: Actor | None, to: int | str, sender: int, payload: bytes
    ) -> None:
        if actor:
            message = Message(actor, sender, bytes.__new__(Payload, payload))
            self._guard(actor, partial(actor.receive, message))
        else:
            self._refuse(to)

    def _guard(self, actor: Actor, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            _log.exception("actor %d ends", actor.id)
            if actor.alive:
                actor.exit(type(error).__name__)

    def _refuse(self, to: int | str) -> None:
        if isinstance(to, str) or self._thespian:  # silent about who is gone
            _log.warning("there is no actor %r", to)
        elif to != 0:
            self._write(
                "exit", self._id("LPID", to), wire.text("no_such_actor")
            )

    def _tell_exit(self, peer: int, reason: str) -> None:
        with self._turn:
            linked = sorted(self._links.pop(peer, ()), key=lambda one: one.id)
        for actor in linked:
            actor._linked.discard(peer)
            if actor.on_exit and actor.alive:
                self._guard(actor, partial(actor.on_exit, peer, reason))
        if self.on_exit:
            self.on_exit(peer, reason)

    def _link(self, actor: Actor, peer: int) -> None:
        with self._turn:
            actor._linked.add(peer)
            self._links.setdefault(peer, set()).add(actor)

    def _remove(self, actor: Actor) -> None:
        del self._actors[actor.id]
        if actor.name is not None:
            del self._names[actor.name]
        for peer in actor._linked & self._links.keys():
            self._links[peer].discard(actor)
            if not self._links[peer]:
                del self._links[peer]

    def _id(self, tag: str, value: int) -> bytes:
        if not 0 <= value < 1 << 64:
            raise errors.ArgumentError("id", value, "0 to 2^64 - 1")
        number = wire.head(wire.UINT, value)
        return b"\x82" + wire.text(tag) + number if self._thespian else number

    def _reason_item(self, reason: str) -> bytes:
        start = reason.encode("utf-8", "replace")[: self._max_reason]
        return wire.text(start.decode("utf-8", "ignore"))

    def _write(self, verb: str, *items: bytes) -> None:
        head = wire.head(wire.ARRAY, len(items) + 1)
        content = b"".join([head, wire.text(verb), *items])
        if len(content) > self._max_written:
            limit = f"at most {self._max_written}"
            raise errors.ArgumentError("frame", f"{len(content)} bytes", limit)
        with self._turn:
            size = len(content).to_bytes(4, "big")
            self._out.write(b"\x5a" + size + content)
            self._out.flush()


def _name_item(name: str) -> bytes:
    size = len(name.encode("utf-8", "replace"))
    if not 0 < size <= 255:
        raise errors.ArgumentError("name", f"{size} bytes", "1 to 255")
    return wire.text(name)


def _take_stdout() -> io.BufferedWriter:
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr  # which is written line by line
    return open(ours, "wb")
