"""The Debian packages of an image: those that a root file system has, or those
that apt would install today; and what Debian has of them that is newer.

Errors: a tool of Debian's that fails ends the program with its output.
"""

import pathlib
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

RELEASE = "bookworm"
# What `debootstrap --variant=minbase` makes a base image of, beside what has
# the priority "required".
BASE = ("apt", "usr-is-merged")
_FIELD = re.compile(
    r"^(Package|Version|Architecture|Source|Status|SHA256|Priority|Essential):"
    r" *(.*)$",
    re.M,
)
_INSTALL = re.compile(r"^Inst (\S+) \((\S+) .*\[(\w+)\]", re.M)


@dataclass(frozen=True)
class Package:
    """One binary package in one version."""

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    sha256: str = ""  # of the .deb, where a mirror's index says it
    suite: str = ""  # of Debian's, where it is to be had
    priority: str = ""
    essential: bool = False


@dataclass(frozen=True)
class Update:
    """A package of which Debian has a newer version."""

    package: Package
    newer: Package

    @property
    def is_security(self) -> bool:
        """Whether the security team has published it."""
        return self.newer.suite.endswith("-security")


Index = dict[str, list[Package]]  # by name: one for each suite


def output_of(*command: str) -> str:
    """What it prints."""
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """The paragraphs of a control file: of each the fields that are of use."""
    for paragraph in text.split("\n\n"):
        if fields := dict(_FIELD.findall(paragraph)):
            yield fields


def package_of(fields: dict[str, str], suite: str = "") -> Package:
    """A paragraph of dpkg's status or of a mirror's index."""
    source, _, version = fields.get("Source", "").partition(" ")
    # A rebuild of the same source has a version of its own.
    return Package(
        name=fields["Package"],
        version=fields["Version"],
        architecture=fields["Architecture"],
        source=source or fields["Package"],
        source_version=version.strip("()") or fields["Version"],
        sha256=fields.get("SHA256", ""),
        suite=suite,
        priority=fields.get("Priority", ""),
        essential=fields.get("Essential", "") == "yes",
    )


def read_status(text: str) -> list[Package]:
    """The packages that dpkg's status has as installed."""
    return [
        package_of(fields)
        for fields in stanzas(text)
        if fields.get("Status", "").endswith(" installed")
    ]


def read_index() -> Index:
    """What this machine's mirrors of Debian have, as of the last update."""
    index: Index = {}
    for suite, path in _index_files():
        text = output_of("/usr/lib/apt/apt-helper", "cat-file", path)
        add_to_index(index, text, suite)
    if not index:
        message = f"apt has no lists of Debian's {RELEASE} here"
        raise SystemExit(message)
    return index


def add_to_index(index: Index, text: str, suite: str) -> None:
    """Takes in the index of one suite."""
    for fields in stanzas(text):
        one = package_of(fields, suite)
        index.setdefault(one.name, []).append(one)


def _index_files() -> list[tuple[str, str]]:
    rows = output_of(
        *("apt-get", "indextargets", "--format", "$(RELEASE)\t$(FILENAME)"),
        *("Created-By: Packages", "Origin: Debian"),
    )
    pairs = (line.split("\t") for line in rows.splitlines())
    return sorted(
        (suite, path) for suite, path in pairs if suite.startswith(RELEASE)
    )


def date_of_lists() -> str:
    """When Debian made the list of security updates that is here."""
    for suite, path in _index_files():
        if suite.endswith("-security"):
            release = re.sub(r"_main_binary-.*", "_InRelease", path)
            found = re.search(
                r"^Date: (.*)$", pathlib.Path(release).read_text(), re.M
            )
            return found[1] if found else "an unknown date"
    return "never: there is no list of security updates"


def resolve(names: Iterable[str], index: Index) -> list[Package]:
    """What apt would install of these and of the base, into nothing."""
    base = {
        one.name
        for some in index.values()
        for one in some
        if one.priority == "required" or one.essential or one.name in BASE
    }
    said = output_of(
        *("apt-get", "--simulate", "-q", "--no-install-recommends"),
        *("-o", "Dir::State::status=/dev/null"),
        *("-o", "Dir::State::extended_states=/dev/null"),
        *("-o", "APT::Get::Show-User-Simulation-Note=false"),
        *("install", *sorted(base | set(names))),
    )
    return [
        known(name.partition(":")[0], version, index)
        for name, version, _ in _INSTALL.findall(said)
    ]


def known(name: str, version: str, index: Index) -> Package:
    """The package in that version, as the index has it."""
    for one in index.get(name, []):
        if one.version == version:
            return one
    message = f"{name} {version} is not from Debian's {RELEASE}"
    raise SystemExit(message)


def newest(name: str, index: Index) -> Package:
    """The one that apt would install."""
    best = index[name][0]
    for one in index[name][1:]:
        if is_newer(one.version, best.version):
            best = one
    return best


def with_hashes(packages: list[Package], index: Index) -> list[Package]:
    """The same; of those that a mirror still has, what the mirror says."""
    found = {
        (one.name, one.version): one
        for package in packages
        for one in index.get(package.name, [])
    }
    return [found.get((one.name, one.version), one) for one in packages]


def is_newer(one: str, other: str) -> bool:
    """Whether one version is newer than the other, as dpkg orders them."""
    done = subprocess.run(
        ["dpkg", "--compare-versions", one, "gt", other], check=False
    )
    return done.returncode == 0


def pending_updates(packages: list[Package], index: Index) -> list[Update]:
    """What Debian has newer: of each package the newest."""
    updates = []
    for package in packages:
        if package.name not in index:
            continue
        best = newest(package.name, index)
        if is_newer(best.version, package.version):
            updates.append(Update(package, _security_first(best, index)))
    return updates


def _security_first(best: Package, index: Index) -> Package:
    """The same version is in several suites after a point release."""
    same = [one for one in index[best.name] if one.version == best.version]
    return max(same, key=lambda one: one.suite.endswith("-security"))


def installed_by(dockerfile: str) -> list[list[str]]:
    """What each stage of a Dockerfile asks apt-get for, by name."""
    stages: list[list[str]] = []
    for line in re.sub(r"\\\n", " ", dockerfile).split("\n"):
        if re.match(r"FROM\b", line, re.I):
            stages.append([])
        for asked in re.findall(r"apt-get install ([^&|;]*)", line):
            stages[-1] += [
                word for word in asked.split() if not word.startswith("-")
            ]
    return stages
