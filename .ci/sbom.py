"""A list of components in CycloneDX 1.5, as JSON.

The same components make the same bytes: everything is sorted, the serial number
is made of the content, and there is a time only if SOURCE_DATE_EPOCH has one.
"""

import datetime
import json
import os
import uuid
from collections.abc import Iterable

from client_packages import Library
from debian_packages import Package
from packageurl import PackageURL

Component = dict[str, object]
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://thespian.dev/gateway/sbom")


def of_debian(one: Package, *properties: tuple[str, str]) -> Component:
    """A component of a Debian package."""
    distribution = {"arch": one.architecture, "distro": "debian-12"}
    return _component(
        "library",
        PackageURL("deb", "debian", one.name, one.version, distribution),
        one.name,
        hashes=[("SHA-256", one.sha256)],
        properties=[
            ("debian:source", one.source),
            ("debian:source-version", one.source_version),
            *properties,
        ],
    )


def of_library(one: Library) -> Component:
    """A component of a library of a client."""
    space, _, name = one.name.rpartition("/")
    component = _component(
        "library",
        PackageURL(one.kind, space or None, name, one.version),
        one.name,
        hashes=[("SHA-512", one.sha512)],
        properties=[("go:h1", one.checksum)],
    )
    component["scope"] = "required" if one.runtime else "excluded"
    return component


def of_program(name: str, version: str, sha256: str = "") -> Component:
    """A component of a program of our own."""
    return _component(
        "application",
        PackageURL("generic", "thespian-gateway", name, version),
        name,
        hashes=[("SHA-256", sha256)],
    )


def _component(
    kind: str,
    purl: PackageURL,
    name: str,
    hashes: Iterable[tuple[str, str]] = (),
    properties: Iterable[tuple[str, str]] = (),
) -> Component:
    text = purl.to_string()
    component: Component = {
        "type": kind,
        "bom-ref": text,
        "name": name,
        "version": purl.version,
        "purl": text,
    }
    if kept := [(key, value) for key, value in hashes if value]:
        component["hashes"] = [
            {"alg": key, "content": value} for key, value in kept
        ]
    if kept := sorted((key, value) for key, value in properties if value):
        component["properties"] = [
            {"name": key, "value": value} for key, value in kept
        ]
    return component


def document(
    subject: Component, components: list[Component], source: str
) -> str:
    """The list of what the subject has; `source` says how that is known."""
    metadata: dict[str, object] = {
        "component": subject,
        "properties": [{"name": "thespian-gateway:read-from", "value": source}],
    }
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        made = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
        metadata["timestamp"] = made.isoformat().replace("+00:00", "Z")
    unique = {str(one["bom-ref"]): one for one in components}
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": metadata,
        "components": [unique[key] for key in sorted(unique)],
        "dependencies": [{"ref": subject["bom-ref"], "dependsOn": sorted(unique)}],
    }
    serial = uuid.uuid5(_SPACE, json.dumps(content, sort_keys=True))
    content["serialNumber"] = serial.urn
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def complaint(text: str) -> str:
    """What the schema of CycloneDX 1.5 says against it; nothing if it fits."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    wrong = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    return "" if wrong is None else str(wrong)
