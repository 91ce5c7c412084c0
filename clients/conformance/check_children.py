#!/usr/bin/python3
"""Runs `thespianctl check-child` on every example child, in every dialect.

programs.json says which children there are.

The last line is "N passed, N failed"; the exit code is 0 if none failed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from dialects import DIALECTS

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
CTL = "build/bin/thespianctl"


# One that echoes, and one whose actors can be ended.
ACTORS = ("echo", "spawner")


def check(child: str, argv: list[str], dialect: str, actor: str) -> bool:
    """Prints what the child does wrong; true if that is nothing."""
    what = f"{child}, {dialect}, {actor}"
    options = ["--timeout", "30", "--dialect", dialect, "--name", actor]
    done = subprocess.run(  # noqa: S603 (programs.json is ours)
        [CTL, "check-child", *options, "--", *argv, "--dialect", dialect],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0:
        print(f"{what}: {done.stdout.splitlines()[-1]}")
        return True
    print(f"FAILED {what}: exit code {done.returncode}")
    print(done.stdout, end="")
    return False


def main() -> int:
    """Every child in every dialect."""
    os.chdir(TOP)
    children = json.loads((HERE / "programs.json").read_text())["children"]
    outcomes = [
        check(child, argv, dialect, actor)
        for child, argv in children.items()
        for dialect in DIALECTS
        for actor in ACTORS
    ]
    print(f"{sum(outcomes)} passed, {outcomes.count(False)} failed")
    return 0 if outcomes and all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
