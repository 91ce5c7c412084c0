"""What the clients in other languages are made with: the files in which the
package managers of Go, Node and Python keep it.
"""

import base64
import json
import re
import tomllib
from dataclasses import dataclass


@dataclass(frozen=True)
class Library:
    """One library of a client, in one version."""

    kind: str  # of a package URL
    name: str
    version: str
    sha512: str = ""  # of what is downloaded
    checksum: str = ""  # in a form of the package manager's own
    runtime: bool = True  # not only for building and testing the client


def of_go(go_mod: str, go_sum: str) -> list[Library]:
    """The modules that go.mod requires; go.sum has the sums of their trees."""
    sums = {}
    for line in go_sum.splitlines():
        name, version, checksum = line.split()
        sums[name, version] = checksum
    required = re.findall(r"^(?:require)?\s+(\S+) (v\S+)", go_mod, re.M)
    return [
        Library("golang", name, version, checksum=sums.get((name, version), ""))
        for name, version in required
    ]


def of_node(lock: str) -> list[Library]:
    """The packages of a package-lock.json."""
    libraries = []
    for path, entry in json.loads(lock)["packages"].items():
        _, inside, name = path.rpartition("node_modules/")
        if not inside or "version" not in entry:
            continue  # the client itself
        libraries.append(
            Library(
                "npm",
                entry.get("name", name),
                entry["version"],
                sha512=_sha512(entry.get("integrity", "")),
                runtime=not entry.get("dev", False),
            )
        )
    return libraries


def _sha512(integrity: str) -> str:
    kind, _, text = integrity.partition("-")
    return base64.b64decode(text).hex() if kind == "sha512" else ""


def of_python(pyproject: str, constraints: str) -> list[Library]:
    """The packages that constraints.txt pins; it has no hashes."""
    asked = tomllib.loads(pyproject)["project"]["dependencies"]
    runtime = {_normal(re.split(r"[^\w.-]", one, maxsplit=1)[0]) for one in asked}
    return [
        Library("pypi", _normal(name), version, runtime=_normal(name) in runtime)
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", constraints, re.M)
    ]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
