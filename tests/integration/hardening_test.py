#!/usr/bin/env python3
"""Looks in a program for the hardening that CMakeLists.txt asks for.

usage: hardening_test.py PROGRAM [OBJECT]...

The objects are our own, if the compiler has -fcf-protection. They are looked at
instead of the program, because a linker keeps the property only if every object
has it, and Debian 12's crt1.o and static archives do not.
"""

import re
import subprocess
import sys
import unittest

PROGRAM = sys.argv[1]
OBJECTS = sys.argv[2:]
del sys.argv[1:]


def readelf(*options: str, file: str = PROGRAM) -> str:
    """What readelf says of the program, or of another file."""
    return subprocess.run(
        ["readelf", "-W", *options, file],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


class HardeningTest(unittest.TestCase):
    """A property each."""

    def test_its_addresses_are_chosen_at_its_start(self) -> None:
        self.assertRegex(readelf("-h"), r"Type: +DYN")

    def test_its_tables_are_read_only_once_they_are_filled(self) -> None:
        self.assertIn("GNU_RELRO", readelf("-l"))
        self.assertRegex(readelf("-d"), r"\(FLAGS\).*BIND_NOW")

    def test_its_stack_is_not_executable(self) -> None:
        stack = re.search(r"GNU_STACK.*", readelf("-l"))
        self.assertIsNotNone(stack)
        self.assertRegex(stack.group(), r" RW +0x")

    def test_its_stack_is_guarded(self) -> None:
        self.assertIn("__stack_chk_fail", readelf("--dyn-syms"))

    def test_its_copies_are_checked(self) -> None:
        checked = set(re.findall(r"__(\w+)_chk\b", readelf("--dyn-syms")))
        self.assertTrue(checked, "no function of _FORTIFY_SOURCE is used")

    def test_its_jumps_and_returns_are_checked(self) -> None:
        if not OBJECTS:
            self.skipTest("the compiler has no -fcf-protection here")
        without = [
            file
            for file in OBJECTS
            if not re.search(
                r"x86 feature: .*\bIBT\b.*\bSHSTK\b", readelf("-n", file=file)
            )
        ]
        self.assertEqual(without, [])


if __name__ == "__main__":
    unittest.main()
