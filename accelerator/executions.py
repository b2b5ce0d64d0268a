"""Executions of the state machine, as the local cloud tells them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from accelerator.cloud import Cloud


@dataclass
class Execution:
    """One event's way through the state machine."""

    arn: str
    status: str
    event: dict[str, Any]
    path: list[str] = field(default_factory=list)

    @property
    def event_id(self) -> str:
        """The id that EventBridge gave the event."""
        return str(self.event.get("id"))


def executions(cloud: Cloud) -> Iterator[Execution]:
    """Every execution of the deployed state machine, newest first."""
    pages = cloud.stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=cloud.outputs["StateMachineArn"]
    )
    for page in pages:
        for item in page["executions"]:
            yield execution(cloud, item["executionArn"])


def execution(cloud: Cloud, arn: str) -> Execution:
    """One execution, from its history."""
    described = cloud.stepfunctions.describe_execution(executionArn=arn)
    told = Execution(arn, described["status"], json.loads(described["input"]))
    history = cloud.stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn)
    for page in history:
        for entry in page["events"]:
            if "stateEnteredEventDetails" in entry:
                told.path.append(entry["stateEnteredEventDetails"]["name"])
    return told
