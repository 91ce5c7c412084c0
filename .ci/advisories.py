"""docs/advisories.toml: which advisories concern us, and whether what was said
of them still holds for the components and the tree that are there.
"""

import pathlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

# What may be said of one, and whether a test must show it.
STATES = {
    "mitigated": True,  # by what the gateway does itself
    "not bounded": False,  # only something before the gateway helps
    "not reachable": False,  # what is wrong is not used
    "not affected": False,  # the version is none of those
    "not seen": True,  # what is described does nothing
    "fixed": False,  # by Debian, in the version that is there
}


@dataclass(frozen=True)
class Advisory:
    """One advisory, judged for one version of one package."""

    id: str
    package: str  # a package URL without version; of Debian's the source
    version: str
    state: str
    why: str
    tests: list[str] = field(default_factory=list)  # path::name


def read(text: str) -> list[Advisory]:
    """Throws TypeError for what is no advisory."""
    return [Advisory(**entry) for entry in tomllib.loads(text)["advisory"]]


def findings(
    advisories: list[Advisory],
    versions: Mapping[str, set[str]],
    top: pathlib.Path,
) -> list[str]:
    """What is wrong with them, a line each.

    `versions` has those of the components, by the package's URL; `top` is the
    tree in which the tests and SECURITY.md are.
    """
    found = []
    for one in advisories:
        found += [f"{one.id} ({one.package}): {text}" for text in _wrong(one, top)]
        there = versions.get(one.package, set())
        if there != {one.version}:
            found.append(
                f"{one.id} was judged for {one.package} {one.version};"
                f" there is {', '.join(sorted(there)) or 'none'}"
            )
    return found + _not_told(advisories, top)


def _wrong(one: Advisory, top: pathlib.Path) -> list[str]:
    if one.state not in STATES:
        return [f"'{one.state}' is no state"]
    found = [
        f"there is no test {test}" for test in one.tests if not _is_there(test, top)
    ]
    if STATES[one.state] and not one.tests:
        found.append(f"'{one.state}' without a test")
    return found


def _is_there(test: str, top: pathlib.Path) -> bool:
    path, _, name = test.partition("::")
    file = top / path
    if not name or not file.is_file():
        return False
    # A function of Python or bash, or the name of a test of gtest's.
    called = re.escape(name)
    pattern = rf"def {called}\(|^{called}\(\)|TEST\w*\(\s*\w+,\s*{called}\s*\)"
    return re.search(pattern, file.read_text(), re.M) is not None


def _not_told(advisories: list[Advisory], top: pathlib.Path) -> list[str]:
    """SECURITY.md has the same advisories."""
    told = set(re.findall(r"CVE-\d+-\d+", (top / "SECURITY.md").read_text()))
    judged = {one.id for one in advisories}
    return [f"{one} is not in SECURITY.md" for one in sorted(judged - told)] + [
        f"{one} of SECURITY.md is not in docs/advisories.toml"
        for one in sorted(told - judged)
    ]


def changelog_findings(
    advisories: list[Advisory], changelogs: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Of those that Debian has fixed: which the changelog of the very version
    does not name, and those for which no such changelog is at hand.

    `changelogs` has them by the package's URL.
    """
    wrong, unseen = [], []
    for one in advisories:
        if one.state != "fixed":
            continue
        text = changelogs.get(one.package, "")
        if not _is_of(text, one.version):
            unseen.append(f"{one.id} ({one.package})")
        elif one.id not in text:
            wrong.append(f"{one.id} is not in the changelog of {one.package}")
    return wrong, unseen


def _is_of(changelog: str, version: str) -> bool:
    first = re.match(r"\S+ \(([^)]*)\)", changelog)
    return first is not None and first[1] == version
