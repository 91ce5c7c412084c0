"""What the conformance driver does with runners and gateways that misbehave."""

import sys

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
    gateway = gateways.GatewayProcess(command, ["child"], unix=False)
    gateway._argv = command
    with pytest.raises(gateways.GatewayError, match=complaint):
        await gateway.start()
    await gateway.discard()


def test_a_script_may_write_messages() -> None:
    form = {"write": ["send", 1, {"$text": ["ab", 2]}], "times": 3}
    assert run.script_verb("mute") == "mute"
    assert run.script_verb(form) == "repeat:3:5a0000000c8364" + (
        b"send".hex() + "0164" + b"abab".hex()
    )
