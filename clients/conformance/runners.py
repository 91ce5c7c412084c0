"""A runner: the program in a client's language that does scenarios."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

SILENCE_LIMIT = 120.0  # s
END_LIMIT = 10.0  # s
MAX_LINE = 2**24  # bytes


class RunnerError(Exception):
    """The runner does not do what it should; it has been stopped."""


class Runner:
    """A runner's process, started when it is needed, and again after errors."""

    def __init__(self, argv: list[str]) -> None:
        self._argv = argv
        self._process: asyncio.subprocess.Process | None = None

    async def run(
        self,
        address: str,
        scenario: dict[str, Any],
        do: Callable[[str], Awaitable[None]],
        tls: dict[str, str] | None = None,
    ) -> str:
        """Tells what failed in the scenario; empty: nothing.

        `do` does to the gateway what the runner asks for. `tls` are the files
        that the runner's client connects with.
        """
        order = {"address": address, "scenario": scenario}
        try:
            await self._write(order | ({"tls": tls} if tls else {}))
            while "ask" in (line := await self._read()):
                await do(line["ask"])
                await self._write({"done": line["ask"]})
            if line["name"] != scenario["name"]:
                raise RunnerError(f"it ran {line['name']}")
            return "" if line["pass"] else line["detail"] or "it failed"
        except (OSError, ValueError, KeyError, TypeError) as error:
            await self._stop()
            raise RunnerError(f"it is broken: {error!r}") from None
        except BaseException:
            await self._stop()
            raise

    async def close(self) -> None:
        """Lets it end, which must be with exit code 0."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(END_LIMIT):
                code = await self._process.wait()
        except TimeoutError:
            await self._stop()
            raise RunnerError("it goes on after the end of its stdin") from None
        self._process = None
        if code != 0:
            raise RunnerError(f"it ended with exit code {code}")

    async def _write(self, value: Any) -> None:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=MAX_LINE,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value).encode() + b"\n")
        await self._process.stdin.drain()

    async def _read(self) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(SILENCE_LIMIT):
                line = await self._process.stdout.readline()
        except TimeoutError:
            raise RunnerError(f"silent for {SILENCE_LIMIT} s") from None
        if not line:
            raise RunnerError(f"it ended{await self._ended()}")
        return json.loads(line)

    async def _ended(self) -> str:
        assert self._process is not None
        try:
            async with asyncio.timeout(END_LIMIT):
                return f" with exit code {await self._process.wait()}"
        except TimeoutError:
            return " its output"

    async def _stop(self) -> None:
        if self._process is None:
            return
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()
        self._process = None
