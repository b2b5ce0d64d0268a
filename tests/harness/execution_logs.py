"""Writes what Step Functions and the functions would have logged to CloudWatch Logs.

A record of an Express execution has the form that the developer guide documents ("Using CloudWatch
Logs to log execution history"); without execution data nothing of inputs and outputs is in it,
but errors are.
"""

import io
import json
import logging
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import boto3

from accelerator.deployment import Deployment
from accelerator.executions import log_groups
from accelerator.executions.levels import TYPES, log_record
from functions.query_api.connection import Connection
from tests.harness.deployments import deployment
from tests.harness.interpreter import HANDLERS, Interpreter, interpreter

GROUP = "/aws/vendedlogs/states/EventAcceleratorStack"


@contextmanager
def logged(
    mock_api: str, events: list[Any], level: str, with_data: bool = True, ago: Any = timedelta(0)
) -> Iterator[tuple[Deployment, list[str]]]:
    """A deployment that logged these events' executions at a level, and how each ended."""
    output = io.StringIO()
    handlers = logging.getLogger(os.environ["POWERTOOLS_SERVICE_NAME"]).handlers
    stream = next(each for each in handlers if isinstance(each, logging.StreamHandler))
    with (
        closing(Connection(f"{mock_api}/graphql")) as connection,
        interpreter(connection) as machine,
        patch.object(stream, "stream", output),
    ):
        statuses = [machine.run(event).status for event in events]
        configure_logs(machine, with_data, level)
        log_executions(machine, with_data, output.getvalue(), level, ago)
        with patch.object(log_groups, "SECONDS_A_CALL", 0):
            yield deployment(state_machine_arn=machine.arn), statuses


def configure_logs(machine: Interpreter, with_data: bool, level: Any = "ALL") -> None:
    """Give the state machine and the functions their log groups."""
    destination: Any = {"logGroupArn": f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}:*"}
    machine.stepfunctions.update_state_machine(
        stateMachineArn=machine.arn,
        loggingConfiguration={
            "level": level,
            "includeExecutionData": with_data,
            "destinations": [{"cloudWatchLogsLogGroup": destination}],
        },
    )
    logs, functions = boto3.client("logs"), boto3.client("lambda")
    role = boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")
    for group in (GROUP, *map(function_group, HANDLERS)):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="one")
    for name in HANDLERS:
        functions.create_function(
            FunctionName=name,
            Role=role["Role"]["Arn"],
            Handler="handler.handler",
            Runtime="python3.11",
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
            LoggingConfig={"LogGroup": function_group(name)},
        )


def function_group(name: str) -> str:
    return f"/aws/lambda/{name}"


def log_executions(
    machine: Interpreter,
    with_data: bool,
    printed: str,
    level: str = "ALL",
    ago: timedelta = timedelta(0),
) -> None:
    """Log every execution there has been, as it would have been so long ago, and what was printed.

    `printed` is what the functions did.
    """
    logs = boto3.client("logs")
    pages = machine.stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=machine.arn
    )
    for item in (item for page in pages for item in page["executions"]):
        arn = item["executionArn"]
        history = machine.stepfunctions.get_execution_history(executionArn=arn)["events"]
        for entry in history:
            entry["timestamp"] -= ago
        events = [
            {"timestamp": milliseconds(entry), "message": json.dumps(record(arn, entry, with_data))}
            for entry in history
            if entry["type"] in TYPES[level]
        ]
        if not events:
            continue
        logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)  # type: ignore[arg-type]
    last = milliseconds(history[-1])
    lines: list[Any] = [{"timestamp": last, "message": line} for line in printed.splitlines()]
    # All of them in one function's group: the lines say themselves whose execution they belong to.
    lines += [{"timestamp": last, "message": "REPORT RequestId: 6a7dd0ff Duration: 3.21 ms"}]
    group = function_group("classify_error")
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=lines)


def milliseconds(entry: Any) -> int:
    return int(entry["timestamp"].timestamp() * 1000)


def record(arn: str, entry: Any, with_data: bool) -> dict[str, Any]:
    """The log record of an entry of an execution's history."""
    (details,) = [value for name, value in entry.items() if name.endswith("EventDetails")] or [{}]
    at = milliseconds(entry)
    return log_record(arn, entry["id"], entry["type"], at, details, with_data) | {
        "previous_event_id": str(entry["previousEventId"])
    }
