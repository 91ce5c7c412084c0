"""What all tests have: async tests, a gateway with its demo child, a fake."""

import asyncio
import inspect
import os
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
)
from pathlib import Path
from typing import Any

import pytest
from fake_gateway import FakeGateway

from thespian_gateway import connect, Gateway

TOP = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("THESPIAN_GATEWAY_BIN", TOP / "build/bin"))
PATIENCE = 30.0  # s
POLL = 0.01  # s

Faked = AbstractAsyncContextManager[tuple[FakeGateway, Gateway]]


async def _bounded(test: Callable[..., Awaitable[None]], **args: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        await test(**args)
    # gRPC's own go on for as long as the loop.
    left = [str(task) for task in asyncio.all_tasks()]
    assert not [task for task in left if "/thespian_gateway/" in task]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs a test that is a coroutine, within bounded time."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    args = {name: pyfuncitem.funcargs[name] for name in names}
    asyncio.run(_bounded(pyfuncitem.obj, **args))
    return True


@contextmanager
def running_gateway(folder: Path, config: str = "") -> Iterator[str]:
    """A gateway with its demo child, or as a file says, by its address."""
    port_file = folder / "port"
    child = str(BIN / "thespian-demo-child")
    if config:
        (folder / "gateway.toml").write_text(config.format(child=child))
        children = ["--config", str(folder / "gateway.toml")]
    else:
        children = ["--listen", "127.0.0.1:0", "--", child]
    options = ["--port-file", str(port_file), "--log-level", "warn"]
    gateway = subprocess.Popen(
        [str(BIN / "thespian-gateway"), *options, *children]
    )
    try:
        give_up = time.monotonic() + PATIENCE
        while not (port_file.is_file() and port_file.stat().st_size > 0):
            assert gateway.poll() is None, "the gateway ended"
            assert time.monotonic() < give_up, "the gateway does not serve"
            time.sleep(POLL)
        yield port_file.read_text().strip()
    finally:
        gateway.terminate()
        assert gateway.wait(PATIENCE) == 0


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway that many tests share."""
    with running_gateway(tmp_path_factory.mktemp("gateway")) as address:
        yield address


@pytest.fixture
def fresh_address(tmp_path: Path) -> Iterator[str]:
    """A gateway that has just been started."""
    with running_gateway(tmp_path) as address:
        yield address


@pytest.fixture
def fake(tmp_path: Path) -> Callable[[], Faked]:
    """Starts a fake gateway, and a client of it."""

    @asynccontextmanager
    async def start() -> AsyncIterator[tuple[FakeGateway, Gateway]]:
        socket = f"unix:{tmp_path}/socket"
        gateway = FakeGateway(socket)  # type: ignore[abstract]
        async with gateway, connect(socket) as client:
            yield gateway, client

    return start
