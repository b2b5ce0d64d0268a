"""Every event that can be hydrated is, and what cannot is told apart and kept."""

import json
from typing import Any

import pytest

from domain.event_types import FIRED, fired
from domain.family import MOCK
from domain.keys import escaped
from domain.metadata import read
from domain.start import MAX_START_BYTES, as_json
from functions.extract_id.extraction import extract_id
from functions.query_api.graphql import digest
from mock_api import events
from tests.harness import DEFINITION
from tests.harness.events import EVENTS, buyability, delivered, longest_text, order
from tests.harness.interpreter import Interpreter
from tests.harness.samples import answer

STORED = ["ExtractId", "QueryApi", "ResponseStored?", "StoreResponse", "EventHydrated"]
# The state that says that an event is about an entity.
PASSED = {
    state["Result"]["hydration"].get("entity"): name
    for name, state in json.loads(DEFINITION.read_text())["States"].items()
    if "hydration" in state.get("Result", {})
}
FAILED = ["ClassifyError", "RedriveLater?", "SendToFailureQueue", "EventFailed"]


@pytest.mark.parametrize("name", fired())
def test_each_event_type_is_stored_under_its_key(machine: Interpreter, name: str) -> None:
    event, family = EVENTS[name], FIRED[name]
    run = machine.run(event)
    assert run.status == "SUCCEEDED"
    assert run.path == ["RouteByEventType", PASSED[family.entity], *STORED]
    (key,) = run.objects
    folder, _, file = key.rpartition("/")
    assert folder == f"{family.entity}/{family.types[name]}/2026-11-24"
    hydration = extract_id(event)
    assert file == f"20261124T081850Z_{escaped(hydration['id'])}_{event['id']}.json"
    assert run.objects == {key: answer(MOCK, hydration)}
    assert read(run.metadata[key]) == {
        "event-id": event["id"],
        "event-type": family.types[name],
        "entity": family.entity,
        "entity-id": hydration["id"],
        "contract": MOCK,
        "document-sha256": digest(family.document),
    }
    assert not run.messages


def test_the_same_event_twice_is_one_object(machine: Interpreter) -> None:
    event = order()
    first, second = machine.run(event), machine.run(event)
    assert first.objects == second.objects
    assert len(first.objects) == 1


def test_two_events_in_one_second_are_two_objects(machine: Interpreter) -> None:
    assert machine.run(order()).objects.keys() != machine.run(order()).objects.keys()


def test_no_response_is_carried_past_its_storing(machine: Interpreter) -> None:
    assert machine.run(EVENTS["inventory"]).output["response"] == {}


def test_another_identifier_type_is_ignored(machine: Interpreter) -> None:
    run = machine.run(buyability("SKU-1001", "sku"))
    assert (run.status, run.path) == ("SUCCEEDED", ["RouteByEventType", "IgnoreEvent"])
    assert not run.objects
    assert not run.messages


@pytest.mark.parametrize("identifier_type", [None, 7, ["itemId"], {}])
def test_no_identifier_type_is_invalid(machine: Interpreter, identifier_type: Any) -> None:
    event = buyability("nfvc38bft2o193")
    event["detail"]["item"]["identifierType"] = identifier_type
    if identifier_type is None:
        del event["detail"]["item"]["identifierType"]
    run = machine.run(event)
    assert run.path == ["RouteByEventType", "HydrateItem", "ExtractId", *FAILED]
    assert run.message["errorCode"] == "InvalidEvent"
    assert run.message["event"] == event


def test_an_event_without_a_branch_is_kept_as_unsupported(machine: Interpreter) -> None:
    event = delivered(events.put_events_entry("something.else", {"eventType": "ORDER_EATEN"}))
    run = machine.run(event)
    assert run.path == ["RouteByEventType", "UnsupportedEvent", *FAILED]
    assert run.message["errorCode"] == "UnsupportedEvent"
    assert run.message["failedState"] == "RouteByEventType"
    assert run.message["event"] == event


def test_a_fault_that_passes_is_retried_until_the_response_is_stored(machine: Interpreter) -> None:
    run = machine.run(order("flaky-2-hydration"))
    assert run.status == "SUCCEEDED"
    assert run.attempts["QueryApi"] == 3
    assert len(run.objects) == 1


def test_a_large_response_is_stored_whole_by_the_function(machine: Interpreter) -> None:
    run = machine.run(order("large-300"))
    assert run.path[-3:] == ["QueryApi", "ResponseStored?", "EventHydrated"]
    (body,) = run.objects.values()
    assert len(longest_text(body)) == 300 * 1024
    (told,) = run.metadata.values()
    assert told["entity-id"] == "large-300"


def test_an_id_that_no_header_carries_is_told_all_the_same(machine: Interpreter) -> None:
    run = machine.run(order("flaky-1-née /☕"))
    (told,) = run.metadata.values()
    assert read(told)["entity-id"] == "flaky-1-née /☕"


def test_the_largest_event_that_can_start_an_execution_is_hydrated(machine: Interpreter) -> None:
    event = order()
    event["detail"]["note"] = ""
    event["detail"]["note"] = "x" * (MAX_START_BYTES - 1 - len(as_json(event)))
    assert len(as_json(event)) == 262_143
    run = machine.run(event)
    assert run.path[-1] == "EventHydrated"
    assert len(run.objects) == 1
