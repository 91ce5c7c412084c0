"""What a scenario is in each dialect, and with each access."""

from typing import Any

from access import ACCESSES, OPEN

Scenario = dict[str, Any]

DIALECTS = ("plain", "thespian")

# The names that clients may send to. In thespian's dialect attached actors
# need such a list; no child has an actor that is named nobody.
NAMES = ("echo", "counter", "spawner", "nobody")


def holds(form: Any, dialect: str, access: str = OPEN) -> bool:
    """Whether a scenario, a step or an event is one of this setting."""
    if not isinstance(form, dict):
        return True
    return dialect in form.get("dialects", DIALECTS) and (
        access in form.get("access", ACCESSES)
    )


def adapt(form: Any, dialect: str, access: str = OPEN) -> Any:
    """A scenario, or a part of one, as it is in one setting."""
    match form:
        case {"$dialect": forms}:
            return adapt(forms[dialect], dialect, access)
        case dict():
            return {
                key: adapt(value, dialect, access)
                for key, value in form.items()
                if key not in {"dialects", "access"}
            }
        case list():
            return [
                adapt(part, dialect, access)
                for part in form
                if holds(part, dialect, access)
            ]
    return form


def gateway_options(scenario: Scenario, dialect: str) -> list[str]:
    """The options of the scenario's gateway."""
    by_default: tuple[str, ...] = ()
    if dialect != "plain":
        by_default = NAMES if scenario["child"] == "any" else ("*",)
    names = scenario.get("names", by_default)
    options = ["--names", ",".join(names)] if names else []
    return ["--dialect", dialect, *options, *scenario.get("gateway", [])]


def with_ids(message: Any, dialect: str) -> Any:
    """A message of the child, with its ids in the form of the dialect."""
    if dialect == "plain":
        return message
    match message:
        case ["send", sender, to, payload]:
            return ["send", ["LPID", sender], ["RPID", to], payload]
        case ["send_named", sender, name, payload]:
            return ["send_named", ["LPID", sender], name, payload]
        case ["link", actor, to]:
            return ["link", ["LPID", actor], ["RPID", to]]
        case ["exit", actor, reason]:
            return ["exit", ["LPID", actor], reason]
    return message  # none that the protocol knows
