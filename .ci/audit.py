"""What the image and the clients are made of, and what is known against it.

usage: audit.py [--root DIRECTORY] [--npm-answer FILE] OUTPUT

Writes a list of components (CycloneDX 1.5) for the image and for each client
into OUTPUT. The image's packages are those of a root file system, or what apt
would install of docker/Dockerfile today. Fails if there is a finding; says at
its end what was looked at and what was not. For ./dev audit.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import re
import sys
from dataclasses import dataclass, field

import advisories
import client_packages
import debian_packages
import sbom
from client_packages import Library
from debian_packages import Package

TOP = pathlib.Path(__file__).resolve().parents[1]
CLIENTS = TOP / "clients"
INSTALLED = re.compile(r"install\(TARGETS ([\w-]+)")


@dataclass
class Report:
    """What is said at the end."""

    findings: list[str] = field(default_factory=list)
    covered: list[str] = field(default_factory=list)
    not_covered: list[str] = field(default_factory=list)

    def print(self) -> int:
        """Prints it; the exit code."""
        for title, lines in (
            ("findings", self.findings),
            ("looked at", self.covered),
            ("not looked at", self.not_covered),
        ):
            print(f"{title}:" if lines else f"{title}: none")
            for line in lines:
                print(f"  {line}")
        return 1 if self.findings else 0


@dataclass(frozen=True)
class Image:
    """What the image has."""

    packages: list[Package]
    headers: list[Package]  # of the build stage: compiled into the programs
    programs: dict[str, str]  # with the SHA-256, where it is known
    read_from: str


def read(path: str) -> str:
    """A file of the tree."""
    return (TOP / path).read_text()


def our_version() -> str:
    """That of the image."""
    return re.search(r"^ARG VERSION=(\S+)", read("docker/Dockerfile"), re.M)[1]


def our_programs(root: pathlib.Path | None) -> dict[str, str]:
    """Those that are installed; the hashes of those in a root file system."""
    if root is None:
        lists = sorted(TOP.glob("*/*/CMakeLists.txt"))
        text = "".join(one.read_text() for one in lists)
        return {name: "" for name in INSTALLED.findall(text)}
    return {
        one.name: hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted((root / "usr/local/bin").iterdir())
        if one.is_file()
    }


def read_image(root: pathlib.Path | None, index: debian_packages.Index) -> Image:
    """The image that is unpacked there, or the one that would be built now."""
    build, *_, final = debian_packages.installed_by(read("docker/Dockerfile"))
    if root is None:
        packages = debian_packages.resolve(final, index)
        read_from = "docker/Dockerfile, resolved by apt"
    else:
        status = (root / "var/lib/dpkg/status").read_text()
        packages = debian_packages.with_hashes(
            debian_packages.read_status(status), index
        )
        read_from = "dpkg's status in the image; headers: resolved by apt"
    headers = [
        debian_packages.newest(name, index)
        for name in build
        if name.endswith("-dev") or name == "grpc-proto"
    ]
    return Image(packages, headers, our_programs(root), read_from)


def image_components(image: Image) -> list[sbom.Component]:
    """Its components."""
    version = our_version()
    return [
        *(sbom.of_debian(one) for one in image.packages),
        *(
            sbom.of_debian(one, ("thespian-gateway:used-as", "headers"))
            for one in image.headers
        ),
        *(
            sbom.of_program(name, version, sha256)
            for name, sha256 in image.programs.items()
        ),
    ]


def client_libraries() -> dict[str, list[Library]]:
    """What the clients are made with, by language."""
    return {
        "go": client_packages.of_go(
            read("clients/go/go.mod"), read("clients/go/go.sum")
        ),
        "node": client_packages.of_node(read("clients/node/package-lock.json")),
        "python": client_packages.of_python(
            read("clients/python/pyproject.toml"),
            read("clients/python/constraints.txt"),
        ),
    }


def write(output: pathlib.Path, name: str, text: str, report: Report) -> None:
    """Writes one list, which must fit the schema."""
    if wrong := sbom.complaint(text):
        report.findings.append(f"{name} does not fit CycloneDX 1.5: {wrong}")
    (output / f"{name}.cdx.json").write_text(text)
    count = len(json.loads(text)["components"])
    print(f"{output}/{name}.cdx.json: {count} components")


def write_all(
    output: pathlib.Path,
    image: Image,
    clients: dict[str, list[Library]],
    report: Report,
) -> None:
    """Writes the lists of the image and of the clients."""
    output.mkdir(parents=True, exist_ok=True)
    version = our_version()
    name = "thespian-gateway-image"
    text = sbom.document(
        sbom.of_program(name, version), image_components(image), image.read_from
    )
    write(output, name, text, report)
    for language, libraries in clients.items():
        name = f"{language}-client"
        text = sbom.document(
            sbom.of_program(name, version),
            [sbom.of_library(one) for one in libraries],
            f"clients/{language}",
        )
        write(output, name, text, report)


def versions_of(
    image: Image, clients: dict[str, list[Library]]
) -> dict[str, set[str]]:
    """The versions that there are, by package URL; of Debian's the source's."""
    versions: dict[str, set[str]] = {}
    for package in [*image.packages, *image.headers]:
        url = f"pkg:deb/debian/{package.source}"
        versions.setdefault(url, set()).add(package.source_version)
    for libraries in clients.values():
        for one in libraries:
            url = f"pkg:{one.kind}/{one.name}"
            versions.setdefault(url, set()).add(one.version)
    return versions


def changelogs_of(image: Image, root: pathlib.Path | None) -> dict[str, str]:
    """Debian's changelogs, by package URL of the source: the image's, or this
    machine's."""
    found = {}
    for package in image.packages:
        name = f"usr/share/doc/{package.name}/changelog.Debian.gz"
        for top in [root, pathlib.Path("/")] if root else [pathlib.Path("/")]:
            if (top / name).is_file():
                text = gzip.decompress((top / name).read_bytes()).decode()
                found.setdefault(f"pkg:deb/debian/{package.source}", text)
    return found


def judge_updates(
    image: Image, index: debian_packages.Index, report: Report
) -> None:
    """What Debian has newer is a finding."""
    updates = debian_packages.pending_updates(
        [*image.packages, *image.headers], index
    )
    for one in updates:
        kind = "security update" if one.is_security else "update"
        report.findings.append(
            f"{one.package.name} {one.package.version}: a {kind} is pending,"
            f" {one.newer.version} in {one.newer.suite}"
        )
    report.covered.append(
        f"{len(image.packages)} Debian packages of the image"
        f" ({image.read_from}) and {len(image.headers)} of headers: none may be"
        " older than what bookworm, its updates and bookworm-security have;"
        f" the list of security updates is of {debian_packages.date_of_lists()}"
    )


def judge_advisories(
    image: Image,
    clients: dict[str, list[Library]],
    root: pathlib.Path | None,
    report: Report,
) -> None:
    """docs/advisories.toml must hold."""
    known = advisories.read(read("docs/advisories.toml"))
    versions = versions_of(image, clients)
    report.findings += advisories.findings(known, versions, TOP)
    wrong, unseen = advisories.changelog_findings(
        known, changelogs_of(image, root)
    )
    report.findings += wrong
    report.covered.append(
        f"{len(known)} advisories of docs/advisories.toml: the versions that"
        " they were judged for, that their tests exist (not that they pass),"
        " and that SECURITY.md has the same ones"
    )
    if unseen:
        report.not_covered.append(
            "no changelog of that version is at hand here for what Debian has"
            f" fixed: {', '.join(unseen)}"
        )


def judge_npm(answer: str, report: Report) -> None:
    """What `npm audit --json` said of the Node client, if it was answered."""
    try:
        said = json.loads(answer)
    except json.JSONDecodeError:
        said = {}
    if "vulnerabilities" not in said:
        report.not_covered.append(
            "the Node client's packages: the registry did not answer npm audit"
        )
        return
    report.covered.append("the Node client's packages, by npm audit")
    for name, entry in sorted(said["vulnerabilities"].items()):
        report.findings.append(f"npm audit: {name}: {entry['severity']}")


def tell_limits(report: Report) -> None:
    """What is never looked at."""
    report.not_covered += [
        "Debian's security tracker: what is known but has no update yet is"
        " seen only if docs/advisories.toml has it",
        "the Go client's modules and the Python client's packages: no database"
        " of advisories is at hand (govulncheck, OSV); only what"
        " docs/advisories.toml has",
        "what the pins do not name: dependencies of the Python client's"
        " packages, and what users of the clients have in their place",
        "the compiler and its libraries of the build stage, the images of"
        " docker/edge (Envoy), docker/python-child and docker/switchboard, and"
        " what is installed only for tests",
    ]


def main() -> int:
    """Writes the lists and judges; the exit code."""
    parser = argparse.ArgumentParser(description="components and advisories")
    parser.add_argument("--root", type=pathlib.Path, help="the image, unpacked")
    parser.add_argument("--npm-answer", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    index = debian_packages.read_index()
    image = read_image(options.root, index)
    clients = client_libraries()
    report = Report()
    write_all(options.output, image, clients, report)
    judge_updates(image, index, report)
    judge_advisories(image, clients, options.root, report)
    answer = options.npm_answer
    judge_npm(answer.read_text() if answer else "", report)
    tell_limits(report)
    return report.print()


if __name__ == "__main__":
    sys.exit(main())
