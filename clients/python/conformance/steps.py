"""The steps of scenarios, done with the client's public API."""

import dataclasses
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import grpc
from values import plain, Values

from thespian_gateway import (
    Actor,
    decode,
    Delivery,
    EndpointChanged,
    Exited,
    Gateway,
    GatewayError,
    Listener,
    ProxyEvent,
    Speaker,
    Watch,
)

Step = dict[str, Any]


class StepError(Exception):
    """A step saw something else than what it expected."""


class Steps:
    """What one scenario has at hand: a method for each `do`."""

    def __init__(
        self,
        gateway: Gateway,
        values: Values,
        ask: Callable[[str], Awaitable[None]],
    ) -> None:
        self._gateway = gateway
        self._values = values
        self._ask = ask
        self._streams: dict[str, Actor | Listener | Watch] = {}
        self._stack = AsyncExitStack()
        self.last_event: Any = None

    async def close(self) -> None:
        """Ends the streams that are open."""
        for stream in self._streams.values():
            if isinstance(stream, Listener):
                stream.cancel()
        await self._stack.aclose()

    # One answer each.

    async def call(self, step: Step) -> Any:
        reply = await self._gateway.call(
            self._values.resolve(step["to"]),
            self._values.resolve(step["payload"]),
            endpoint=step.get("endpoint", ""),
            deadline=_deadline(step),
        )
        return dataclasses.asdict(reply) | {"payload": reply.payload}

    async def send(self, step: Step) -> Any:
        if "on" in step:
            return await self._say(step)
        options: dict[str, Any] = {
            "endpoint": step.get("endpoint", ""),
            "speaker": self._speaker(step.get("from")),
            "deadline": _deadline(step),
        }
        to = self._values.resolve(step["to"])
        payload = self._values.resolve(step["payload"])
        if isinstance(to, str):
            taken = await self._gateway.send_named(to, payload, **options)
        else:
            options["incarnation"] = self._incarnation(step)
            taken = await self._gateway.send(to, payload, **options)
        return {"incarnation": taken}

    async def release(self, step: Step) -> Any:
        released = await self._gateway.release(
            self._values.resolve(step["remote_id"]),
            endpoint=step.get("endpoint", ""),
            incarnation=self._incarnation(step),
        )
        return {"incarnation": released}

    async def proxies(self, step: Step) -> Any:
        proxies = self._gateway.proxies(endpoint=step.get("endpoint", ""))
        return [plain(proxy) async for proxy in proxies]

    async def local_actors(self, _: Step) -> Any:
        return [plain(actor) async for actor in self._gateway.local_actors()]

    async def endpoints(self, _: Step) -> Any:
        return [plain(one) for one in await self._gateway.endpoints()]

    async def endpoint(self, step: Step) -> Any:
        return plain(await self._gateway.endpoint(step.get("endpoint", "")))

    # Streams.

    async def attach(self, step: Step) -> Any:
        name = self._values.resolve(step.get("name", ""))
        return await self._open(step, self._gateway.attach(name=name))

    async def listen(self, step: Step) -> Any:
        name = self._values.resolve(step.get("name", ""))
        return await self._open(step, self._gateway.listen(name=name))

    async def watch(self, step: Step) -> None:
        keys = (
            "endpoint",
            "epoch",
            "skip_snapshot",
            "kinds",
            "include_payloads",
        )
        watch = self._gateway.watch(
            after_sequence=self._values.resolve(step.get("after_sequence", 0)),
            **{key: step[key] for key in keys if key in step},
        )
        self._streams[step["as"]] = await self._stack.enter_async_context(watch)

    async def link(self, step: Step) -> None:
        await self._actor(step).link(
            self._values.resolve(step["remote_id"]),
            endpoint=step.get("endpoint", ""),
            incarnation=self._incarnation(step),
            confirm=_is_confirmed(step),
        )

    async def half_close(self, step: Step) -> None:
        self._actor(step).half_close()

    async def cancel(self, step: Step) -> None:
        stream = self._streams.pop(step["on"])
        if isinstance(stream, Watch):
            await stream.aclose()
        else:
            stream.cancel()

    async def see(self, step: Step) -> None:
        named = {kind for form in step["events"] for kind in form}
        for form in step["events"]:
            wanted = {key: form[key] for key in form.keys() - {"times"}}
            for self._values.index in range(form.get("times", 1)):
                event = await self._next(step, "endpoint_changed" in named)
                seen = {"(end)": {}} if event is None else _seen(event)
                mismatch = self._values.mismatch(wanted, seen)
                if mismatch:
                    raise StepError(mismatch)

    async def end(self, step: Step) -> None:
        while (event := await self._next(step, changes=False)) is not None:
            if not step.get("skip_events"):
                raise StepError(f"expected the end, saw {event}")

    # The gateway.

    async def gateway(self, step: Step) -> None:
        await self._ask(step["action"])

    async def _open(self, step: Step, actor: Listener) -> Any:
        await actor.__aenter__()
        self._stack.push_async_callback(_leave, actor)
        self._streams[step["as"]] = actor
        return {"actor_id": actor.id}

    async def _say(self, step: Step) -> None:
        actor = self._actor(step)
        options: dict[str, Any] = {
            "endpoint": step.get("endpoint", ""),
            "confirm": _is_confirmed(step),
        }
        to = self._values.resolve(step["to"])
        payload = self._values.resolve(step["payload"])
        if isinstance(to, str):
            await actor.send_named(to, payload, **options)
        else:
            options["incarnation"] = self._incarnation(step)
            await actor.send(to, payload, **options)

    async def _next(self, step: Step, changes: bool) -> Any:
        while True:
            event = await anext(self._streams[step["on"]], None)
            self.last_event = event
            if changes or not isinstance(event, EndpointChanged):
                return event

    def _speaker(self, form: Any) -> Speaker | None:
        if form is None:
            return None
        if isinstance(form, dict):
            return Speaker(self._values.resolve(form["id"]), form["token"])
        stream = self._streams[form]
        assert isinstance(stream, Listener)
        return stream.speaker

    def _incarnation(self, step: Step) -> int:
        return int(self._values.resolve(step.get("incarnation", 0)))

    def _actor(self, step: Step) -> Actor:
        stream = self._streams[step["on"]]
        assert isinstance(stream, Actor)
        return stream


async def _leave(actor: Listener) -> None:
    with suppress(GatewayError):  # its end was seen, or doesn't matter
        await actor.__aexit__(None, None, None)


def _is_confirmed(step: Step) -> bool:
    return bool(step.get("confirm")) or "error" in step


def _deadline(step: Step) -> float | None:
    return step["deadline_ms"] / 1000 if "deadline_ms" in step else None


def _seen(event: Any) -> dict[str, Any]:
    if isinstance(event, ProxyEvent):
        fields = plain(event.body)
        if fields.get("payload"):
            fields["payload"] = decode(fields["payload"])
        for name in ("sequence", "endpoint", "incarnation"):
            fields[name] = getattr(event, name)
        return {event.kind: fields}
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    fields = dataclasses.asdict(event)
    if isinstance(event, Delivery):
        fields["payload"] = event.payload
    if isinstance(event, Exited):
        fields["details"] = list(event.details)
    return {kind: fields}


def error_form(error: GatewayError | None) -> dict[str, Any]:
    """An error, or none, as scenarios write it."""
    if error is None:
        return {"code": grpc.StatusCode.OK.name}
    return {
        "code": error.code.name,
        "reason": error.reason,
        "message": error.message,
        "retryable": error.retry_delay is not None,
    }
