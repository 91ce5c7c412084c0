"""A gateway that belongs to one scenario."""

import asyncio
import contextlib
import json
import shutil
import signal
import tempfile
from pathlib import Path

START_LIMIT = 30.0  # s
STOP_LIMIT = 20.0  # s
POLL = 0.005  # s


class GatewayError(Exception):
    """The gateway did not start, or did not end as it should."""


class GatewayProcess:
    """Starts a gateway, and again at the same address; ends it."""

    def __init__(
        self,
        command: list[str],
        child: list[str] | None = None,
        *,
        replicas: int = 0,
        unix: bool = False,
        host: str = "127.0.0.1",
    ):
        """Without a child the command names a file that has the endpoints."""
        self._dir = Path(tempfile.mkdtemp(prefix="conformance-"))
        self._port_file = self._dir / "port"
        self._log = self._dir / "log"
        self._listen = f"unix:{self._dir}/socket" if unix else f"{host}:0"
        self._program = command[0]
        self._argv = ["--port-file", str(self._port_file), *command[1:]]
        if child and replicas:
            self._argv += ["--config", str(self._pool_file(child, replicas))]
        elif child:
            self._argv += ["--", *child]
        self._process: asyncio.subprocess.Process | None = None
        self.address = ""

    def _pool_file(self, child: list[str], replicas: int) -> Path:
        """A file in which the child is a pool; each in turn takes a name."""
        file = self._dir / "gateway.toml"
        file.write_text(
            "[endpoint.default]\n"
            f"command = {json.dumps(child)}\n"
            f"replicas = {replicas}\n"
            'balance = "round-robin"\n'
        )
        return file

    async def start(self) -> None:
        """Returns when it serves."""
        self._port_file.unlink(missing_ok=True)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(self._program, "--listen", self.address or self._listen),
                *self._argv,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=log,
            )
        try:
            async with asyncio.timeout(START_LIMIT):
                while not (address := self._read_address()):
                    await asyncio.sleep(POLL)
        except TimeoutError:
            raise GatewayError("the gateway did not start") from None
        self.address = address

    async def kill(self) -> None:
        """Ends it without giving it time for anything."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> None:
        """Asks it to end, which must be with exit code 0, in time."""
        code = await self._end(signal.SIGTERM)
        if code != 0:
            raise GatewayError(f"the gateway ended with exit code {code}")

    async def close(self) -> None:
        """Terminates it if it runs."""
        if self._process is not None and self._process.returncode is None:
            await self.terminate()

    async def discard(self) -> None:
        """Kills it if it still runs, and removes its files."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(GatewayError):
                await self.kill()
        shutil.rmtree(self._dir, ignore_errors=True)

    def lines(self) -> list[str]:
        """Its log."""
        if not self._log.is_file():
            return []
        return self._log.read_text(errors="replace").splitlines()

    def last_lines(self, number: int = 10) -> list[str]:
        """The end of its log."""
        return self.lines()[-number:]

    def _read_address(self) -> str:
        if self._process is None or self._process.returncode is not None:
            raise GatewayError("the gateway ended before it served")
        if not self._port_file.is_file():
            return ""
        text = self._port_file.read_text()
        return text.strip() if text.endswith("\n") else ""

    async def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            raise GatewayError("no gateway was started")
        if self._process.returncode is None:
            self._process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_LIMIT):
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise GatewayError(
                f"the gateway did not end within {STOP_LIMIT} s"
            ) from None
