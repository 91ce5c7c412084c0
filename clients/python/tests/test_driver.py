"""What the conformance driver does with runners and gateways that misbehave."""

import sys
from typing import Any

import dialects
import gateways
import pytest
import run
import runners

SCENARIO = {"name": "one", "steps": []}
RESULT = """
import json, sys
line = json.loads(sys.stdin.readline())
"""
PASS = 'print(json.dumps({"name": "one", "pass": True, "detail": ""}))\n'


def runner(program: str) -> runners.Runner:
    return runners.Runner([sys.executable, "-u", "-c", RESULT + program])


async def refuse(_: str) -> None:
    raise AssertionError


async def test_what_a_runner_asks_for_is_done() -> None:
    asked = []

    async def do(action: str) -> None:
        asked.append(action)

    one = runner(
        'print(json.dumps({"ask": "kill"}))\n'
        'assert json.loads(sys.stdin.readline()) == {"done": "kill"}\n' + PASS
    )

    assert await one.run("address", SCENARIO, do) == ""
    assert asked == ["kill"]
    await one.close()


async def test_a_scenario_that_failed_is_told() -> None:
    one = runner('print(json.dumps({"name": "one", "pass": False}))')
    with pytest.raises(runners.RunnerError, match="detail"):
        await one.run("address", SCENARIO, refuse)

    one = runner(
        'print(json.dumps({"name": "one", "pass": False, "detail": "x"}))'
    )
    assert await one.run("address", SCENARIO, refuse) == "x"
    await one.close()


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("sys.exit(3)", "ended with exit code 3"),
        ('print("hello")', "broken"),
        ("print(1)", "broken"),
        (PASS.replace("one", "two"), "it ran two"),
        ("sys.stdin.read()", "silent"),
    ],
)
async def test_a_runner_that_is_broken_is_told(
    program: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runners, "SILENCE_LIMIT", 3.0)
    with pytest.raises(runners.RunnerError, match=complaint):
        await runner(program).run("address", SCENARIO, refuse)


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("sys.stdin.read(); sys.exit(3)", "exit code 3"),
        ("import time; time.sleep(100)", "goes on"),
    ],
)
async def test_a_runner_that_does_not_end_well_is_told(
    program: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runners, "END_LIMIT", 3.0)
    one = runner(PASS + program)
    assert await one.run("address", SCENARIO, refuse) == ""
    with pytest.raises(runners.RunnerError, match=complaint):
        await one.close()


@pytest.mark.parametrize(
    ("program", "complaint"),
    [("exit 3", "before it served"), ("exec sleep 100", "did not start")],
)
async def test_a_gateway_that_does_not_start_is_told(
    program: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "START_LIMIT", 1.0)
    command = ["/bin/sh", "-c", program]
    gateway = gateways.GatewayProcess(command, ["child"])
    gateway._argv = command
    with pytest.raises(gateways.GatewayError, match=complaint):
        await gateway.start()
    await gateway.discard()


def test_a_script_may_write_messages() -> None:
    form = {"write": ["send", 1, {"$text": ["ab", 2]}], "times": 3}
    assert run.script_verb("mute", "plain") == "mute"
    assert run.script_verb(form, "plain") == "repeat:3:5a0000000c8364" + (
        b"send".hex() + "0164" + b"abab".hex()
    )


@pytest.mark.parametrize(
    ("message", "tagged"),
    [
        (["send", 1, 2, []], ["send", ["LPID", 1], ["RPID", 2], []]),
        (["send_named", 1, "x", 2], ["send_named", ["LPID", 1], "x", 2]),
        (["link", 1, 2], ["link", ["LPID", 1], ["RPID", 2]]),
        (["exit", 1, "x"], ["exit", ["LPID", 1], "x"]),
        (["send", 1], ["send", 1]),
        (["shrug", 1, 2], ["shrug", 1, 2]),
    ],
)
def test_a_script_has_ids_as_its_dialect_has_them(
    message: list[Any], tagged: list[Any]
) -> None:
    assert dialects.with_ids(message, "plain") == message
    assert dialects.with_ids(message, "thespian") == tagged


def test_a_scenario_is_adapted_to_its_dialect() -> None:
    scenario = {
        "steps": [
            {
                "do": "both",
                "payload": {"$dialect": {"plain": 1, "thespian": [2]}},
            },
            {"do": "one", "dialects": ["thespian"]},
        ],
        "dialects": ["plain", "thespian"],
    }
    assert dialects.adapt(scenario, "plain") == {
        "steps": [{"do": "both", "payload": 1}]
    }
    assert dialects.adapt(scenario, "thespian") == {
        "steps": [{"do": "both", "payload": [2]}, {"do": "one"}]
    }
    assert dialects.holds(scenario, "thespian")
    assert not dialects.holds({"dialects": ["thespian"]}, "plain")


@pytest.mark.parametrize(
    ("scenario", "dialect", "options"),
    [
        ({"child": "any"}, "plain", []),
        ({"child": ["echo"]}, "plain", []),
        ({"child": ["echo"]}, "thespian", ["--names", "*"]),
        ({"child": "any", "names": []}, "thespian", []),
        (
            {"child": "any", "names": ["a", "b"], "gateway": ["--x"]},
            "plain",
            ["--names", "a,b", "--x"],
        ),
    ],
)
def test_a_gateway_is_told_dialect_and_names(
    scenario: dict[str, Any], dialect: str, options: list[str]
) -> None:
    told = dialects.gateway_options(scenario, dialect)
    assert told == ["--dialect", dialect, *options]


def test_children_are_named_to_the_gateway_in_thespian() -> None:
    told = dialects.gateway_options({"child": "any"}, "thespian")
    assert told[:3] == ["--dialect", "thespian", "--names"]
    assert {"echo", "counter", "spawner"} <= set(told[3].split(","))
