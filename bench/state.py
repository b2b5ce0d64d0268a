"""What the state machine carries and logs for an event, on each path, and without slimming."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.compare import Figure, Row
from domain.names import STATE_MACHINE
from functions.query_api.connection import Connection
from mock_api import events
from tests.harness import DEFINITION
from tests.harness.events import buyability, delivered, order
from tests.harness.execution_logs import record
from tests.harness.interpreter import interpreter

ARN = (
    f"arn:aws:states:us-east-1:123456789012:express:{STATE_MACHINE}:"
    "19bdd20e-7380-4057-8ce5-008bd9fc5cd3:2f2f6f1c-8a52-4b0c-9e4e-6a7dd0ff5d5e"
)
# What CloudWatch Logs adds to a message when it bills (CloudWatch pricing).
OVERHEAD_BYTES = 26
PATHS = {
    "stored": order(),
    "ignored": buyability("SKU-1", "sku"),
    "failed": order("322-NONE-SUCH01"),
    "unsupported": delivered(events.put_events_entry("else", {})),
}


def unslimmed() -> str:
    """The definition as one writes it first: the event and every whole result carried along."""
    definition = json.loads(DEFINITION.read_text())
    states = definition["States"]
    for name in ("HydrateOrder", "HydrateItem", "HydrateInventory"):
        states[name] |= {"Result": states[name]["Result"]["hydration"], "ResultPath": "$.hydration"}
    for name in ("QueryApi", "ClassifyError"):
        states[name]["ResultSelector"]["whole.$"] = "$"
    for name in ("StoreResponse", "SendToFailureQueue", "SendToRedriveQueue"):
        states[name].pop("ResultSelector", None)
        states[name]["ResultPath"] = f"$.{name}"
    return json.dumps(definition)


def size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")).encode())


@contextmanager
def silence() -> Iterator[None]:
    """Whatever is written to standard output goes nowhere."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def measured(api: str, definition: str | None) -> dict[str, dict[str, float]]:
    """For each path: transitions, bytes of state data, and bytes logged with data off and on."""
    told: dict[str, dict[str, float]] = {}
    connection = Connection(f"{api}/graphql")
    with silence(), interpreter(connection, definition) as machine:
        for path, event in PATHS.items():
            machine.run(event)
            arn = machine.stepfunctions.list_executions(stateMachineArn=machine.arn)["executions"]
            history = machine.stepfunctions.get_execution_history(
                executionArn=arn[0]["executionArn"]
            )["events"]
            entered = [
                e["stateEnteredEventDetails"] for e in history if "stateEnteredEventDetails" in e
            ]
            told[path] = {
                "transitions": len(entered),
                "state data": sum(len(each["input"]) for each in entered),
                **{
                    f"log, data {name}": sum(
                        size(record(ARN, entry, with_data)) + OVERHEAD_BYTES for entry in history
                    )
                    for name, with_data in (("off", False), ("on", True))
                },
            }
    connection.close()
    return told


def measure(api: str) -> list[Row]:
    """Each path's figures over those of the state machine without slimming."""
    slim, fat = measured(api, None), measured(api, unslimmed())
    rows = []
    for path in PATHS:
        for name, value in slim[path].items():
            unit = "" if name == "transitions" else "bytes"
            target = "under 6 KB" if (path, name) == ("stored", "log, data off") else ""
            figure = Figure(name, unit, [value])
            base = None if name == "transitions" else Figure("unslimmed", unit, [fat[path][name]])
            rows.append(Row(f"{path}: {name}", figure, base, target))
    return rows
