"""./dev audit: what it reads, what it writes, and what it finds."""

import json
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / ".ci"))

import advisories  # noqa: E402
import audit  # noqa: E402
import client_packages  # noqa: E402
import debian_packages  # noqa: E402
import sbom  # noqa: E402
from debian_packages import Package  # noqa: E402

STATUS = """\
Package: libssl3
Status: install ok installed
Priority: optional
Architecture: amd64
Source: openssl
Version: 3.0.19-1~deb12u2
Description: Secure Sockets Layer toolkit
 Version: 9 is only said here
Conffiles:
 /etc/ssl 0

Package: libcbor0.8
Status: install ok installed
Architecture: amd64
Source: libcbor (0.8.0-2)
Version: 0.8.0-2+b1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
INDEX = """\
Package: libssl3
Version: {version}
Architecture: amd64
Source: openssl
SHA256: {digit}
"""


def package(name: str = "libssl3", version: str = "1") -> Package:
    """A package of a source of the same name."""
    return Package(name, version, "amd64", name, version)


def index_of(**versions: str) -> debian_packages.Index:
    """libssl3 in the suites with these endings."""
    index: debian_packages.Index = {}
    for i, (suite, version) in enumerate(versions.items()):
        text = INDEX.format(version=version, digit=str(i) * 64)
        name = "bookworm" if suite == "release" else f"bookworm-{suite}"
        debian_packages.add_to_index(index, text, name)
    return index


class DebianTest(unittest.TestCase):
    """What dpkg and the mirrors say."""

    def test_reads_what_is_installed_and_its_sources(self) -> None:
        libssl, libcbor = debian_packages.read_status(STATUS)
        self.assertEqual(
            (libssl.name, libssl.version, libssl.source, libssl.source_version),
            ("libssl3", "3.0.19-1~deb12u2", "openssl", "3.0.19-1~deb12u2"),
        )
        self.assertEqual(
            (libcbor.version, libcbor.source, libcbor.source_version),
            ("0.8.0-2+b1", "libcbor", "0.8.0-2"),
        )

    def pending(self, installed: str, **suites: str) -> list[tuple[str, bool]]:
        updates = debian_packages.pending_updates(
            [package(version=installed)], index_of(**suites)
        )
        return [(one.newer.version, one.is_security) for one in updates]

    def test_a_newer_version_is_pending_wherever_it_is(self) -> None:
        for installed, suites, expected in (
            ("3.0.9-1", {"release": "3.0.9-1"}, []),
            ("3.0.9-1", {"security": "3.0.10-1"}, [("3.0.10-1", True)]),
            ("3.0.9-1", {"release": "3.0.10-1"}, [("3.0.10-1", False)]),
            ("3.0.9-1", {"security": "3.0.9-1~deb12u1"}, []),
            ("4", {"release": "3", "security": "3.1"}, []),
            # A point release takes in what was a security update.
            ("1", {"release": "3", "security": "3"}, [("3", True)]),
            ("1", {"release": "3", "security": "2"}, [("3", False)]),
        ):
            with self.subTest(installed=installed, suites=suites):
                self.assertEqual(self.pending(installed, **suites), expected)

    def test_a_package_from_elsewhere_has_no_updates(self) -> None:
        found = debian_packages.pending_updates([package("ours")], index_of())
        self.assertEqual(found, [])

    def test_hashes_are_of_the_very_version(self) -> None:
        one, other = debian_packages.with_hashes(
            [package(version="2"), package(version="5")],
            index_of(release="1", security="2"),
        )
        self.assertEqual((one.sha256, other.sha256), ("1" * 64, ""))

    def test_reads_what_each_stage_of_a_dockerfile_installs(self) -> None:
        text = (
            "FROM a AS build\nRUN apt-get update \\\n"
            " && apt-get install -y --no-install-recommends \\\n"
            "      cmake libx-dev \\\n && rm -rf /x\n"
            "FROM a\nRUN apt-get install -y libx1 && true\nCOPY x /\n"
        )
        self.assertEqual(
            debian_packages.installed_by(text), [["cmake", "libx-dev"], ["libx1"]]
        )


class ClientsTest(unittest.TestCase):
    """What the package managers keep."""

    def test_go_has_each_requirement_once_with_its_sum(self) -> None:
        libraries = client_packages.of_go(
            "module m\n\ngo 1.19\n\nrequire (\n\ta.b/c v1.2.3\n)\n\n"
            "require (\n\td.e/f v0.1.0 // indirect\n)\n",
            "a.b/c v1.2.3 h1:AAA=\na.b/c v1.2.3/go.mod h1:BBB=\n",
        )
        self.assertEqual(
            [(one.name, one.version, one.checksum) for one in libraries],
            [("a.b/c", "v1.2.3", "h1:AAA="), ("d.e/f", "v0.1.0", "")],
        )

    def test_node_tells_what_is_only_for_development(self) -> None:
        lock = {
            "": {"version": "0.1.0"},
            "node_modules/@a/b": {"version": "1", "integrity": "sha512-AAEC"},
            "node_modules/x/node_modules/c": {"version": "2", "dev": True},
        }
        b, c = client_packages.of_node(json.dumps({"packages": lock}))
        self.assertEqual((b.name, b.sha512, b.runtime), ("@a/b", "000102", True))
        self.assertEqual((c.name, c.sha512, c.runtime), ("c", "", False))

    def test_python_tells_what_is_needed_at_run_time(self) -> None:
        a, b = client_packages.of_python(
            '[project]\ndependencies = ["A_b>=1"]\n', "a-b==1.2\nruff==3\n"
        )
        self.assertEqual((a.name, a.version, a.runtime), ("a-b", "1.2", True))
        self.assertEqual((b.name, b.runtime), ("ruff", False))


class SbomTest(unittest.TestCase):
    """The lists that are written."""

    def document(self, packages: list[Package]) -> str:
        return sbom.document(
            sbom.of_program("image", "0.1.0"),
            [sbom.of_debian(one) for one in packages],
            "a test",
        )

    def test_fits_the_schema_with_every_kind_of_component(self) -> None:
        library = client_packages.Library
        text = sbom.document(
            sbom.of_program("image", "0.1.0"),
            [
                sbom.of_debian(
                    Package("libz", "1:2~3+b1", "amd64", "z", "1:2~3", "a" * 64),
                    ("thespian-gateway:used-as", "headers"),
                ),
                sbom.of_library(library("npm", "@a/b", "1", sha512="b" * 128)),
                sbom.of_library(library("golang", "a.b/c", "v1", checksum="h1:A=")),
                sbom.of_program("thespianctl", "0.1.0", "c" * 64),
            ],
            "a test",
        )
        self.assertEqual(sbom.complaint(text), "")
        purls = [one["purl"] for one in json.loads(text)["components"]]
        self.assertEqual(
            purls,
            [
                "pkg:deb/debian/libz@1:2~3%2Bb1?arch=amd64&distro=debian-12",
                "pkg:generic/thespian-gateway/thespianctl@0.1.0",
                "pkg:golang/a.b/c@v1",
                "pkg:npm/%40a/b@1",
            ],
        )

    def test_what_does_not_fit_the_schema_is_told(self) -> None:
        text = self.document([package()]).replace('"library"', '"no such type"')
        self.assertNotEqual(sbom.complaint(text), "")

    def test_is_the_same_in_any_order_and_has_no_time(self) -> None:
        packages = [package("b"), package("a"), package("b")]
        with mock.patch.dict(os.environ):
            os.environ.pop("SOURCE_DATE_EPOCH", None)
            text = self.document(packages)
            self.assertEqual(text, self.document(packages[::-1]))
            self.assertNotEqual(text, self.document(packages[:1]))
        self.assertNotIn("timestamp", text)
        self.assertEqual(len(json.loads(text)["components"]), 2)

    def test_has_the_time_that_it_is_told(self) -> None:
        with mock.patch.dict(os.environ, SOURCE_DATE_EPOCH="0"):
            text = self.document([package()])
        self.assertIn('"timestamp": "1970-01-01T00:00:00Z"', text)
        self.assertEqual(sbom.complaint(text), "")


class AdvisoriesTest(unittest.TestCase):
    """What was judged, and still holds."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = pathlib.Path(directory.name)
        (self.top / "SECURITY.md").write_text("CVE-2023-1 is told.\n")
        (self.top / "a.py").write_text("def storm(x):\n    # other(\n    pass\n")
        (self.top / "b.cc").write_text("TEST_F(Suite, Works) {}\n")

    def findings(self, **changes: object) -> list[str]:
        fields = {
            "id": "CVE-2023-1",
            "package": "pkg:deb/debian/grpc",
            "version": "1",
            "state": "mitigated",
            "why": "x",
            "tests": ["a.py::storm", "b.cc::Works"],
            **changes,
        }
        one = advisories.Advisory(**fields)
        return advisories.findings([one], {"pkg:deb/debian/grpc": {"1"}}, self.top)

    def test_what_holds_is_no_finding(self) -> None:
        self.assertEqual(self.findings(), [])

    def test_each_thing_that_no_longer_holds_is_one(self) -> None:
        for changes, expected in (
            ({"version": "2"}, "was judged for pkg:deb/debian/grpc 2; there is 1"),
            ({"package": "pkg:deb/debian/gone"}, "there is none"),
            ({"tests": ["a.py::other"]}, "there is no test a.py::other"),
            ({"tests": ["c.py::storm"]}, "there is no test c.py::storm"),
            ({"tests": ["a.py"]}, "there is no test a.py"),
            ({"tests": []}, "'mitigated' without a test"),
            ({"state": "fine"}, "'fine' is no state"),
        ):
            with self.subTest(changes=changes):
                (finding,) = self.findings(**changes)
                self.assertIn(expected, finding)

    def test_security_md_has_the_same_ones(self) -> None:
        self.assertEqual(
            self.findings(id="CVE-2023-2"),
            [
                "CVE-2023-2 is not in SECURITY.md",
                "CVE-2023-1 of SECURITY.md is not in docs/advisories.toml",
            ],
        )

    def test_what_debian_has_fixed_is_in_its_changelog(self) -> None:
        url = "pkg:deb/debian/zlib"
        one = advisories.Advisory("CVE-2022-37434", url, "1:1.2", "fixed", "x")
        fixed = "zlib (1:1.2) unstable\n\n  * Fix CVE-2022-37434\n"
        for text, wrong, unseen in (
            (fixed, 0, 0),
            (fixed.replace("37434", "1"), 1, 0),
            (fixed.replace("1:1.2", "1:1.3"), 0, 1),
            ("", 0, 1),
        ):
            with self.subTest(text=text):
                found = advisories.changelog_findings([one], {url: text})
                self.assertEqual([len(part) for part in found], [wrong, unseen])

    def test_those_of_this_tree_name_tests_that_are_there(self) -> None:
        known = advisories.read((TOP / "docs/advisories.toml").read_text())
        versions = {one.package: {one.version} for one in known}
        self.assertEqual(advisories.findings(known, versions, TOP), [])


class ReportTest(unittest.TestCase):
    """What is said at the end."""

    def test_npm_without_an_answer_is_said_to_be_not_looked_at(self) -> None:
        for answer in ("", "{}", '{"error": {"code": "E405"}}'):
            report = audit.Report()
            audit.judge_npm(answer, report)
            self.assertEqual((report.findings, report.covered), ([], []))
            self.assertIn("did not answer", report.not_covered[0])

    def test_what_npm_knows_is_a_finding(self) -> None:
        report = audit.Report()
        answer = {"vulnerabilities": {"cbor-x": {"severity": "high"}}}
        audit.judge_npm(json.dumps(answer), report)
        self.assertEqual(report.findings, ["npm audit: cbor-x: high"])

    def test_an_image_is_read_from_its_root_file_system(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "var/lib/dpkg").mkdir(parents=True)
            (root / "var/lib/dpkg/status").write_text(STATUS)
            (root / "usr/local/bin").mkdir(parents=True)
            (root / "usr/local/bin/thespianctl").write_bytes(b"abc")
            stages = [["cmake", "libssl3"], ["libssl3"]]
            with mock.patch.object(
                debian_packages, "installed_by", return_value=stages
            ):
                image = audit.read_image(root, index_of(security="4"))
            report = audit.Report()
            with mock.patch.object(
                debian_packages, "date_of_lists", return_value="today"
            ):
                audit.judge_updates(image, index_of(security="4"), report)
        self.assertEqual(list(image.programs), ["thespianctl"])
        self.assertTrue(image.programs["thespianctl"].startswith("ba7816bf"))
        self.assertEqual(
            report.findings,
            [
                "libssl3 3.0.19-1~deb12u2: a security update is pending,"
                " 4 in bookworm-security"
            ],
        )


if __name__ == "__main__":
    unittest.main()
