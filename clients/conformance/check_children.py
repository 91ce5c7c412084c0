#!/usr/bin/python3
"""Runs `thespianctl check-child` on every example child of programs.json.

The last line is "N passed, N failed"; the exit code is 0 if none failed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
CTL = "build/bin/thespianctl"

# What a child is given to speak each dialect.
DIALECTS: dict[str, list[str]] = {"plain": []}


def check(name: str, argv: list[str], dialect: str) -> bool:
    """Prints what the child does wrong; true if that is nothing."""
    command = [CTL, "check-child", "--timeout", "30", "--dialect", dialect]
    done = subprocess.run(
        [*command, "--", *argv, *DIALECTS[dialect]],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0:
        print(f"{name}, {dialect}: {done.stdout.splitlines()[-1]}")
        return True
    print(f"FAILED {name}, {dialect}: exit code {done.returncode}")
    print(done.stdout, end="")
    return False


def main() -> int:
    """Every child in every dialect."""
    os.chdir(TOP)
    children = json.loads((HERE / "programs.json").read_text())["children"]
    outcomes = [
        check(name, argv, dialect)
        for name, argv in children.items()
        for dialect in DIALECTS
    ]
    print(f"{sum(outcomes)} passed, {outcomes.count(False)} failed")
    return 0 if outcomes and all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
