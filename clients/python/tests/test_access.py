"""The certificates and the rules of the conformance over mTLS."""

import json
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import access
import pytest

SCENARIOS = [
    scenario
    for path in sorted((access.RULES.parent / "scenarios").glob("*.json"))
    for scenario in json.loads(path.read_text())
]
RULES = tomllib.loads(access.RULES.read_text())


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["openssl", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def names(path: str) -> str:
    shown = openssl("x509", "-in", path, "-noout", "-ext", "subjectAltName")
    return shown.stdout.splitlines()[1].strip()


def is_signed(ca: str, certificate: str) -> bool:
    # What is no authority's own must not sign others.
    verified = openssl("verify", "-x509_strict", "-CAfile", ca, certificate)
    return verified.returncode == 0


@pytest.fixture
def mtls() -> Iterator[access.Access]:
    with access.opened(access.MTLS) as made:
        yield made


def test_without_tls_nothing_is_shown() -> None:
    with access.opened(access.OPEN) as made:
        assert made == access.Access("open")


def test_certificates_are_thrown_away() -> None:
    with access.opened(access.MTLS) as made:
        files = [
            Path(path) for tls in made.tls.values() for path in tls.values()
        ]
        assert all(file.is_file() for file in files)
    assert not any(file.exists() for file in files)


def test_who_is_shown(mtls: access.Access) -> None:
    assert set(mtls.tls) == set(access.CERTIFICATES)
    for name in (access.CLIENT, access.GUEST):
        tls = mtls.tls[name]
        assert names(tls["cert"]) == f"URI:spiffe://conformance.test/{name}"
        assert is_signed(tls["ca"], tls["cert"])


def test_a_foreigner_has_the_name_and_another_authority(
    mtls: access.Access,
) -> None:
    client, foreigner = mtls.tls[access.CLIENT], mtls.tls[access.FOREIGN]
    assert foreigner["ca"] == client["ca"]
    assert names(foreigner["cert"]) == names(client["cert"])
    assert not is_signed(foreigner["ca"], foreigner["cert"])
    assert mtls.tls[access.NOBODY] == {"ca": client["ca"]}


def test_a_gateway_asks_for_certificates_and_rules(mtls: access.Access) -> None:
    options = dict(
        zip(mtls.gateway_options[::2], mtls.gateway_options[1::2], strict=True)
    )
    ca = options["--tls-client-ca"]
    assert ca == mtls.tls[access.CLIENT]["ca"]
    assert is_signed(ca, options["--tls-cert"])
    assert names(options["--tls-cert"]) == (
        "IP Address:127.0.0.1, IP Address:127.0.0.2, DNS:localhost"
    )
    assert options["--tls-client"] == "required"
    assert options["--rules"] == str(access.RULES)


def steps_over_mtls() -> Iterator[dict[str, Any]]:
    for scenario in SCENARIOS:
        if access.MTLS in scenario.get("access", access.ACCESSES):
            yield from scenario["steps"]


def said(key: str) -> set[str]:
    """The names in this key of the steps that are not to be refused."""
    return {
        text(step[key])
        for step in steps_over_mtls()
        if step.get("error", {}).get("reason") != "FORBIDDEN"
        and isinstance(step.get(key), str | dict)
        and "$var" not in step[key]
        and "$int" not in step[key]
    }


def text(form: Any) -> str:
    if isinstance(form, str):
        return form
    part, times = form["$text"]
    return str(part * times)


def matches(pattern: str, name: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern


@pytest.mark.parametrize(
    ("key", "list_of"), [("send-to", "to"), ("register", "name")]
)
def test_the_rules_allow_no_name_that_no_scenario_has(
    key: str, list_of: str
) -> None:
    allowed = {
        pattern
        for rule in RULES["rule"]
        if rule["outcome"] == "allow"
        for pattern in rule.get(key, [])
    }
    used = said(list_of)
    assert allowed
    for pattern in allowed:
        assert any(matches(pattern, name) for name in used), pattern


def test_each_rule_that_allows_is_for_some_certificate() -> None:
    ids = {
        principal
        for members in RULES["groups"].values()
        for principal in members
    }
    assert ids == {
        access.spiffe_id(name).removeprefix("URI:")
        for name in (access.CLIENT, access.GUEST)
    }
    for rule in RULES["rule"]:
        if rule["outcome"] == "allow":
            assert set(rule["principals"]) <= {
                f"group:{name}" for name in RULES["groups"]
            }
