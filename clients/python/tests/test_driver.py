"""What the conformance driver does with runners and gateways that misbehave."""

import argparse
import sys
from pathlib import Path
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


async def test_a_runner_is_told_what_to_connect_with() -> None:
    one = runner('assert line["tls"] == {"ca": "ca.pem"}\n' + PASS)
    assert await one.run("address", SCENARIO, refuse, {"ca": "ca.pem"}) == ""
    await one.close()

    one = runner('assert "tls" not in line\n' + PASS)
    assert await one.run("address", SCENARIO, refuse) == ""
    await one.close()


def program_of(folder: Path, script: str) -> str:
    program = folder / "gateway"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [("exit 3", "before it served"), ("exec sleep 100", "did not start")],
)
async def test_a_gateway_that_does_not_start_is_told(
    script: str,
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(gateways, "START_LIMIT", 1.0)
    program = program_of(tmp_path, script)
    gateway = gateways.GatewayProcess([program], ["child"])
    with pytest.raises(gateways.GatewayError, match=complaint):
        await gateway.start()
    await gateway.discard()


# Serves where it is told; a port that it may choose is another one each time.
LISTENER = """
[ "$1 $3" = "--listen --port-file" ] || exit 64
case $2 in
  *:0) echo "${2%0}$$" >"$4" ;;
  *) echo "$2" >"$4" ;;
esac
exec sleep 100
"""


async def test_a_gateway_that_starts_again_has_the_same_address(
    tmp_path: Path,
) -> None:
    program = program_of(tmp_path, LISTENER)
    gateway = gateways.GatewayProcess([program], host="127.0.0.2")
    await gateway.start()
    address = gateway.address
    assert address.startswith("127.0.0.2:")
    await gateway.kill()
    await gateway.start()
    assert gateway.address == address
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


def test_a_scenario_is_adapted_to_how_its_gateway_is_reached() -> None:
    scenario = {
        "steps": [{"do": "both"}, {"do": "one", "access": ["mtls"]}],
        "access": ["open", "mtls"],
    }
    assert dialects.adapt(scenario, "plain") == {"steps": [{"do": "both"}]}
    assert dialects.adapt(scenario, "plain", "mtls") == {
        "steps": [{"do": "both"}, {"do": "one"}]
    }
    assert not dialects.holds({"access": ["mtls"]}, "plain")
    assert dialects.holds({"access": ["mtls"]}, "plain", "mtls")


def planned(**options: Any) -> list[str]:
    chosen: dict[str, Any] = {
        "client": ["c"],
        "child": ["x", "y"],
        "dialect": ["plain", "thespian"],
        "served": ["alone", "pool"],
        "access": "open",
        "short": False,
    }
    scenarios: list[dict[str, Any]] = [
        {"name": "any", "child": "any", "served": ["alone", "pool"]},
        {"name": "script", "child": [], "dialects": ["plain"]},
        {"name": "locked", "child": "any", "access": ["mtls"]},
    ]
    namespace = argparse.Namespace(**chosen | options)
    if namespace.short:
        run.shorten(namespace)
    return [str(one) for one in run.plan(scenarios, namespace)]


def test_what_is_run() -> None:
    in_plain = [
        "c / x / plain / alone / any",
        "c / y / plain / alone / any",
        "c / x / plain / pool / any",
        "c / y / plain / pool / any",
        "c / scripted / plain / alone / script",
    ]
    in_thespian = [
        one.replace("plain", "thespian") for one in in_plain if "any" in one
    ]
    assert planned() == in_plain + in_thespian
    assert set(planned(access="mtls")) == {
        *in_plain,
        *in_thespian,
        *(
            f"c / {child} / {dialect} / alone / locked"
            for child in ("x", "y")
            for dialect in ("plain", "thespian")
        ),
    }


def test_what_is_run_in_short() -> None:
    assert planned(client=["c", "d"], access="mtls", short=True) == [
        "c / x / plain / alone / any",
        "c / x / plain / alone / locked",
        "d / x / plain / alone / locked",
    ]


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
