"""Starting a child, and speaking with it over pipes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SDK = Path(__file__).resolve().parents[1]
TOP = SDK.parents[2]
LIMIT = 30  # s
GOODBYE = bytes.fromhex(
    "5a0000001e826f7472616e73706f72745f6572726f726c737464696e5f636c6f736564"
)


def recorded(name: str) -> Any:
    """What the tree has of the protocol's data."""
    return json.loads((TOP / "tests/data" / name).read_text())


def environment() -> dict[str, str]:
    """With the SDK as it would be after an installation."""
    return os.environ | {"PYTHONPATH": str(SDK / "src")}


def run(program: str, said: bytes) -> subprocess.CompletedProcess[bytes]:
    """Runs a child to its end; all that it is told is `said`."""
    return subprocess.run(
        [sys.executable, "-c", program],
        input=said,
        capture_output=True,
        timeout=LIMIT,
        check=False,
        env=environment(),
    )


@contextmanager
def started(program: str) -> Iterator[subprocess.Popen[bytes]]:
    """A child, which is ended with the block."""
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    with child:
        try:
            yield child
        finally:
            child.kill()
