"""tests/MockConfigFile.json, made from the fault matrix: a case for each way that an event takes.

The format is Step Functions Local's own. `make docs` writes it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.errors import OWN, TOO_LARGE, UnsupportedEvent
from domain.event_types import FAMILIES
from domain.failures import alone, build
from domain.family import MOCK, PUBLISHED
from domain.metadata import metadata
from mock_api import events
from stacks import event_types
from tests.harness import DEFINITION
from tests.harness.events import EVENTS, buyability, delivered
from tests.harness.fault_matrix import REDRIVE, UNCATCHABLE, Fault, matrix

# Whoever edits is told what a row lacks, before anything goes wrong for the lack of it.
event_types.check()

FILE = Path(__file__).parents[1] / "MockConfigFile.json"
DEFINED = json.loads(DEFINITION.read_text(encoding="utf-8"))
STATES: dict[str, dict[str, Any]] = DEFINED["States"]
EVENT = EVENTS["order_placed"]
HYDRATION = {
    "entity": "order",
    "document": "singleOrder",
    "id": "322-F7BK-3EVJE7",
    "variables": {"orderId": "322-F7BK-3EVJE7"},
    "key": "order/ORDER_PLACED/2026-11-24/20261124T081850Z_322-F7BK-3EVJE7_one.json",
    "eventId": "one",
    "eventType": "ORDER_PLACED",
}
METADATA = metadata(HYDRATION, MOCK, "0" * 64)
BODY = {"data": {"order": {"id": "322-F7BK-3EVJE7", "errors": []}}}
FAILED = alone("QueryApi", "ApiUnavailable", "status 503", {})
CLASSIFIED = {"message": build(FAILED, "2026-11-24T08:18:51.000+00:00")}
# What each task answers; those that invoke through Lambda's integration answer in its form.
ANSWERS: dict[str, Any] = {
    "ExtractId": HYDRATION,
    "QueryApi": {"StatusCode": 200, "Payload": {"body": BODY, "metadata": METADATA}},
    "StoreResponse": {"ETag": '"e"'},
    "ClassifyError": {"StatusCode": 200, "Payload": CLASSIFIED | {"redriveDelaySeconds": None}},
    "ClassifyOversizedEvent": CLASSIFIED | {"redriveDelaySeconds": None},
    "SendToRedriveQueue": {"MessageId": "m"},
    "SendToFailureQueue": {"MessageId": "m"},
    "StoreFailure": {"ETag": '"e"'},
}
OTHER_ANSWERS: dict[str, Any] = {
    "StoredByFunction": {"StatusCode": 200, "Payload": {"body": None, "metadata": METADATA}},
    "ToBeRedriven": {"StatusCode": 200, "Payload": CLASSIFIED | {"redriveDelaySeconds": 60}},
}


@dataclass
class Case:
    """An event, what is mocked for it by state, and what follows: its way and its attempts."""

    event: dict[str, Any] = field(default_factory=lambda: EVENT)
    faults: dict[str, tuple[str, int]] = field(default_factory=dict)
    lasting: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    branch: str = "HydrateOrder"

    @property
    def path(self) -> list[str]:
        """The states that it enters."""
        return list(self._walk(DEFINED["StartAt"]))

    @property
    def attempts(self) -> dict[str, int]:
        """How often each task is tried."""
        tasks = [name for name in self.path if STATES[name]["Type"] == "Task"]
        return {name: self._failures(name) + (name not in self.lasting) for name in tasks}

    @property
    def responses(self) -> dict[str, str]:
        """The name of the mocked response of each task."""
        return {name: self._response(name) for name in self.attempts}

    def mocked(self) -> dict[str, Any]:
        """The mocked responses of this case, by name."""
        told = {}
        for name, response in self.responses.items():
            failures, outcomes = self._failures(name), dict[str, Any]()
            if failures:
                span = "0" if failures == 1 else f"0-{failures - 1}"
                outcomes[span] = {"Throw": {"Error": self.faults[name][0], "Cause": "mocked"}}
            if name not in self.lasting:
                answer = OTHER_ANSWERS.get(self.answers.get(name, ""), ANSWERS[name])
                outcomes[str(failures)] = {"Return": answer}
            told[response] = outcomes
        return told

    def _failures(self, name: str) -> int:
        return self.faults[name][1] if name in self.faults else 0

    def _response(self, name: str) -> str:
        if name not in self.faults:
            return name + self.answers.get(name, "Answers")
        error, times = self.faults[name]
        ending = "" if name in self.lasting else f"Then{self.answers.get(name, 'Answers')}"
        return f"{name}Fails{times}With{error.replace('.', '')}{ending}"

    def _walk(self, name: str) -> Iterator[str]:
        yield name
        state = STATES[name]
        if state["Type"] in ("Succeed", "Fail"):
            return
        if name in self.lasting:
            caught = [catch for catch in state.get("Catch", []) if self._catches(catch, name)]
            if caught:
                yield from self._walk(caught[0]["Next"])
        else:
            yield from self._walk(self._next(name, state))

    def _catches(self, catch: dict[str, Any], name: str) -> bool:
        error, _ = self.faults[name]
        return bool(catch["ErrorEquals"] == [error if error == TOO_LARGE else ALL])

    def _next(self, name: str, state: dict[str, Any]) -> str:
        chosen: str = state.get("Next") or state["Default"]
        if name == DEFINED["StartAt"]:
            chosen = self.branch
        elif name in CHOSEN and self.answers.get(CHOSEN[name]):
            (choice,) = state["Choices"]
            chosen = choice["Next"]
        return chosen


ALL = "States.ALL"
# The task whose other answer leads a choice away from its default.
CHOSEN = {"ResponseStored?": "QueryApi", "RedriveLater?": "ClassifyError"}


def cases() -> dict[str, Case]:
    """Every case by its name: the ways without a fault, and a fault of each kind and length."""
    made = {
        f"{PREFIX[family.contract]}{family.name.title()}Stored": Case(
            delivered(events.entry(next(iter(family.types)))),
            branch=f"Hydrate{family.entity.title()}",
        )
        for family in FAMILIES
    } | {
        "OtherIdentifierIgnored": Case(buyability("S-1", "sku"), branch="IgnoreEvent"),
        "UnsupportedEventFails": Case(
            delivered({"DetailType": "other", "Source": "x", "Detail": "{}"}),
            branch=UnsupportedEvent.__name__,
        ),
        "LargeResponseStoredByFunction": Case(answers={"QueryApi": "StoredByFunction"}),
    }
    for fault in one_of_each():
        made[f"{named(fault)}Lasts"] = of(fault, fault.attempts)
        if fault.attempts > 1 and not (fault.state == "QueryApi" and fault.redrives):
            made[f"{named(fault)}Passes"] = of(fault, fault.attempts - 1)
    return made


def one_of_each() -> Iterator[Fault]:
    """A fault for each state, number of attempts and end, and each error of our own.

    None that nothing catches: who reads the file would throw it as one that States.ALL catches.
    """
    seen = set()
    for fault in (each for each in matrix() if each.error != UNCATCHABLE):
        kind = fault.state, fault.attempts, fault.end, fault.error in OWN and fault.error
        if kind not in seen and fault.state in ANSWERS:
            seen.add(kind)
            yield fault


def named(fault: Fault) -> str:
    """Such as `QueryApiApiThrottled`, with where the event ends then."""
    end = {REDRIVE: "AndIsRedriven"}.get(fault.end, "")
    return f"{fault.state}{fault.error.replace('.', '')}{end}"


def of(fault: Fault, times: int) -> Case:
    """The case of a fault that lasts for so many attempts."""
    case = Case(answers={"ClassifyError": "ToBeRedriven"} if is_redriven(fault) else {})
    for state, error in fault.given.items():
        case.faults[state] = error, GIVEN_ATTEMPTS.get(error, 1)
        case.lasting.add(state)
    case.faults[fault.state] = fault.error, times
    if times == fault.attempts:
        case.lasting.add(fault.state)
    return case


PREFIX = {MOCK: "", PUBLISHED: "Published"}
# How often a state is tried that fails in a way that is not what the case is about.
GIVEN_ATTEMPTS = {"ApiUnavailable": 4, "SQS.AmazonSQSException": 3}


def is_redriven(fault: Fault) -> bool:
    """Whether ClassifyError wants the event to be redriven."""
    return fault.end == REDRIVE or fault.state == "SendToRedriveQueue"


def config() -> dict[str, Any]:
    """The whole file."""
    made = cases()
    responses: dict[str, Any] = {}
    for case in made.values():
        responses |= case.mocked()
    tests = {name: case.responses for name, case in made.items()}
    machines = {"HydrateEvent": {"TestCases": tests}}
    return {"StateMachines": machines, "MockedResponses": responses}


def text() -> str:
    """The file's text."""
    return json.dumps(config(), indent=2) + "\n"
