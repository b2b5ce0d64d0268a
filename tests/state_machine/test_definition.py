"""What holds of the definition itself, from its text alone."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ApiError, permanent
from stacks import definition
from tests.harness import DEFINITION

ASL: dict[str, Any] = json.loads(DEFINITION.read_text())
STATES: dict[str, dict[str, Any]] = ASL["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
EXPRESS_SECONDS = 300
BUDGET_SECONDS = 270

PERMANENT = {
    "ExtractId": {"InvalidEvent", "UnsupportedEvent"},
    "QueryApi": permanent(ApiError) | {"InvalidEvent", "MissingVariable"},
}

SMALL = """{
  "StartAt": "First",
  "States": {
    "First": { "Type": "Pass", "Next": "Last" },
    "Last": { "Type": "Succeed" }
  }
}
"""
BROKEN = [
    ('"Type": "Pass",', '"Type": "Pass"', "4:31: Expected comma"),
    ('"Next": "Last"', '"Next": "Lost"', '4:40: The value of "Next" property must be the name of'),
    ('"StartAt"', '"Starts": 1, "StartAt"', "2:3: Field is not supported."),
]

each_task = pytest.mark.parametrize("name", TASKS)


def following(state: dict[str, Any]) -> Iterator[str]:
    """The states that can come next."""
    for transition in (state, *state.get("Choices", []), *state.get("Catch", [])):
        yield from (transition[key] for key in ("Next", "Default") if key in transition)


def slowest(state: dict[str, Any]) -> float:
    """Seconds of a task whose every attempt times out, with every delay at its longest."""
    if state["Type"] != "Task":
        return 0
    attempts, delays = 1, 0.0
    for retrier in state["Retry"]:
        attempts += retrier["MaxAttempts"]
        for retry in range(retrier["MaxAttempts"]):
            delay = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** retry
            delays += min(delay, retrier["MaxDelaySeconds"])
    return float(attempts * state["TimeoutSeconds"] + delays)


@cache
def longest_path(name: str) -> tuple[float, tuple[str, ...]]:
    """The slowest way from a state to an end: its seconds and its states."""
    ways = [longest_path(after) for after in following(STATES[name])] or [(0.0, ())]
    seconds, states = max(ways)
    return seconds + slowest(STATES[name]), (name, *states)


def test_the_longest_path_ends_before_express_ends_it() -> None:
    seconds, states = longest_path(ASL["StartAt"])
    assert {"QueryApi", "ClassifyError", "SendToFailureQueue", "StoreFailure"} <= set(states)
    assert seconds < BUDGET_SECONDS < EXPRESS_SECONDS, f"{seconds} s on {states}"


def test_nothing_ends_a_whole_execution_past_its_catchers() -> None:
    assert "TimeoutSeconds" not in ASL


@each_task
def test_every_task_backs_off_with_full_jitter(name: str) -> None:
    assert TASKS[name]["TimeoutSeconds"]
    for retrier in (each for each in TASKS[name]["Retry"] if each["MaxAttempts"]):
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["BackoffRate"] > 1
        assert retrier["MaxDelaySeconds"] >= retrier["IntervalSeconds"]


@each_task
def test_every_task_retries_all_but_what_no_retry_can_help(name: str) -> None:
    *named, last = TASKS[name]["Retry"]
    assert last["ErrorEquals"] == ["States.ALL"]
    never = [error for each in named if not each["MaxAttempts"] for error in each["ErrorEquals"]]
    assert set(never) == PERMANENT.get(name, set())


@each_task
def test_every_task_but_the_last_catches_everything_and_notes_itself(name: str) -> None:
    if name == "StoreFailure":
        return
    catchers = {tuple(catcher["ErrorEquals"]): catcher for catcher in TASKS[name]["Catch"]}
    # In this order: Step Functions refuses a States.ALL that is not the last.
    assert list(catchers) == [("States.DataLimitExceeded",), ("States.ALL",)]
    assert {catcher["ResultPath"] for catcher in catchers.values()} == {f"$.failed.{name}"}


def comparisons(rule: dict[str, Any], guarded: set[str]) -> Iterator[tuple[str, bool]]:
    """Each variable that a rule compares, and whether a rule before it asks if it is there."""
    for inner in rule.get("And", []):
        yield from comparisons(inner, guarded)
        if inner.get("IsPresent") is True:
            guarded.add(inner["Variable"])
    for inner in [*rule.get("Or", []), *([rule["Not"]] if "Not" in rule else [])]:
        yield from comparisons(inner, set(guarded))
    if "Variable" in rule and "IsPresent" not in rule:
        yield rule["Variable"], rule["Variable"] in guarded


def test_the_event_is_read_behind_guards_only() -> None:
    route = STATES[ASL["StartAt"]]
    compared = [found for rule in route["Choices"] for found in comparisons(rule, set())]
    assert compared
    assert [variable for variable, guarded in compared if not guarded] == []


def test_no_state_after_the_first_is_given_the_event() -> None:
    for name in following(STATES[ASL["StartAt"]]):
        state = STATES[name]
        replaces = state["Type"] == "Pass" and "Result" in state and "ResultPath" not in state
        assert replaces or state["Type"] == "Succeed"


def reads(value: Any) -> Iterator[str]:
    """Every path that a state's fields read."""
    if isinstance(value, list):
        for item in value:
            yield from reads(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key.endswith(".$") or key in ("InputPath", "Variable"):
                yield from re.findall(r"\$\$?[.\w]*", item)
            else:
                yield from reads(item)


@pytest.mark.parametrize("name", sorted(STATES.keys() - {ASL["StartAt"]}))
def test_what_a_later_state_reads_is_what_states_before_it_wrote(name: str) -> None:
    state = {key: value for key, value in STATES[name].items() if key != "ResultSelector"}
    written = {"hydration", "failed", "failure", "response"}
    for path in reads(state):
        root, _, rest = path.partition(".")
        assert rest.split(".")[0] in ({"Execution"} if root == "$$" else written), path


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after", "told"), BROKEN)
def test_a_broken_definition_is_refused_with_the_place(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    file = tmp_path / "state_machines" / DEFINITION.name
    file.parent.mkdir()
    with pytest.raises(definition.DefinitionError, match="is missing: it is the state machine"):
        definition.check(file)
    file.write_text(SMALL)
    definition.check(file)
    file.write_text(SMALL.replace(before, after, 1))
    with pytest.raises(definition.DefinitionError) as refused:
        definition.check(file)
    assert str(refused.value).startswith(f"state_machines/{DEFINITION.name}:{told}")
    assert "\n" not in str(refused.value)
