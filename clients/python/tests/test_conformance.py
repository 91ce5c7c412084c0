"""The runner says so when a scenario is not met."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from access import ACCESSES, CERTIFICATES, MTLS
from dialects import adapt, DIALECTS, holds
from values import Values

CLIENTS = Path(__file__).resolve().parents[2]
RUNNER = CLIENTS / "python/conformance/runner.py"
SCENARIOS = [
    scenario
    for path in sorted((CLIENTS / "conformance/scenarios").glob("*.json"))
    for scenario in json.loads(path.read_text())
]
LIMIT = 100  # s


@pytest.mark.parametrize(
    ("form", "seen"),
    [
        (1, 1.0),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([{"$any": True}, 2], ["x", 2]),
        ({"$contains": "ell"}, "hello"),
        ({"$length": 2}, [1, 2]),
        ({"$above": 1}, 2),
        ({"$bytes": "00ff"}, b"\x00\xff"),
        ({"$int": "18446744073709551615"}, 2**64 - 1),
        ({"$text": ["ab", 2]}, "abab"),
    ],
)
def test_what_matches(form: Any, seen: Any) -> None:
    assert Values().mismatch(form, seen) == ""


@pytest.mark.parametrize(
    ("form", "seen"),
    [
        (1, 2),
        (1, True),
        (0, False),
        (None, 0),
        ("1", 1),
        ("a", b"a"),
        ({"a": 1}, {"b": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ({"$contains": "ell"}, "hallo"),
        ({"$length": 2}, [1]),
        ({"$above": 1}, 1),
        ({"$bytes": "00"}, "\x00"),
    ],
)
def test_what_does_not_match(form: Any, seen: Any) -> None:
    assert Values().mismatch(form, seen) != ""


def test_what_is_saved_is_there_later() -> None:
    values = Values()
    assert values.mismatch({"a": {"$save": "x"}}, {"a": [7]}) == ""
    assert values.resolve([{"$var": "x"}]) == [[7]]
    assert values.mismatch({"$var": "x"}, [8]) != ""


CALL = {"do": "call", "to": "echo", "payload": 1}
ATTACH = {"do": "attach", "as": "a"}
SAY = {"do": "send", "on": "a", "to": "echo", "payload": 1}
FALSE_STEPS = [
    [CALL | {"expect": {"payload": 2}}],
    [CALL | {"error": {"code": "NOT_FOUND"}}],
    [CALL | {"to": 4711}],
    [CALL | {"to": 4711, "error": {"code": "NOT_FOUND", "reason": "X"}}],
    [CALL | {"to": 4711, "error": {"code": "NOT_FOUND", "retryable": True}}],
    [ATTACH, SAY, {"do": "see", "on": "a", "events": [{"exited": {}}]}],
    [ATTACH, SAY | {"to": 4711, "confirm": True}],
    [ATTACH, SAY | {"error": {"code": "NOT_FOUND"}}],
    [ATTACH, SAY, {"do": "end", "on": "a"}],
    [ATTACH, {"do": "half_close", "on": "a"}]
    + [{"do": "end", "on": "a", "error": {"code": "UNAVAILABLE"}}],
    [ATTACH, {"do": "half_close", "on": "a"}]
    + [{"do": "see", "on": "a", "events": [{"delivery": {}}]}],
    [{"do": "nonsense"}],
]


def test_a_step_that_is_not_met_fails(address: str) -> None:
    jobs = [
        {"address": address, "scenario": {"name": str(i), "steps": steps}}
        for i, steps in enumerate(FALSE_STEPS)
    ]
    jobs.append(
        {"address": address, "scenario": {"name": "ok", "steps": [CALL]}}
    )

    ran = subprocess.run(
        [sys.executable, RUNNER],
        input="".join(json.dumps(job) + "\n" for job in jobs),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )

    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one["name"] for one in told if one["pass"]] == ["ok"]
    assert len(told) == len(jobs)
    assert all(one["detail"] for one in told if not one["pass"])


COMMON = "do expect error eventually times"
KEYS = {
    "call": "to payload endpoint deadline_ms",
    "send": "to payload endpoint deadline_ms incarnation from on confirm",
    "release": "remote_id incarnation endpoint",
    "proxies": "endpoint",
    "local_actors": "",
    "endpoints": "",
    "endpoint": "endpoint",
    "attach": "as name",
    "listen": "as name",
    "link": "on remote_id endpoint incarnation confirm",
    "half_close": "on",
    "cancel": "on",
    "watch": "as endpoint after_sequence epoch skip_snapshot kinds"
    " include_payloads",
    "see": "on events",
    "end": "on skip_events",
    "gateway": "action",
}


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one["name"])
def test_a_scenario_has_no_unknown_key(
    scenario: dict[str, Any], dialect: str, access: str
) -> None:
    assert set(scenario.get("dialects", DIALECTS)) <= set(DIALECTS)
    assert set(scenario.get("access", ACCESSES)) <= set(ACCESSES)
    if "certificate" in scenario:
        assert scenario["certificate"] in CERTIFICATES
        assert scenario["access"] == [MTLS]
    if not holds(scenario, dialect, access):
        return
    scenario = adapt(scenario, dialect, access)
    assert set(scenario.get("served", [])) <= {"alone", "pool"}
    optional = {"certificate", "gateway", "names", "served"}
    assert scenario.keys() - optional == {"name", "about", "child", "steps"}
    for step in scenario["steps"]:
        assert step.keys() <= set(f"{COMMON} {KEYS[step['do']]}".split()), step
        assert step.get("error", {}).keys() <= {
            *("code", "reason", "message", "retryable")
        }
