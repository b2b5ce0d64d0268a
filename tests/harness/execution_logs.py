"""Writes what Step Functions and the functions would have logged to CloudWatch Logs.

A record of an Express execution has the form that the developer guide documents ("Using CloudWatch
Logs to log execution history"); without execution data nothing of inputs, outputs or errors is in
it.
"""

import json
from typing import Any

import boto3

from tests.harness.interpreter import HANDLERS, Interpreter

GROUP = "/aws/vendedlogs/states/EventAcceleratorStack"
# The types of records that the level ERROR keeps, of those that this state machine has (Step
# Functions developer guide, "Log levels for Step Functions execution events").
ERROR_TYPES = {
    *("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut", "FailStateEntered"),
    *("TaskFailed", "TaskStartFailed", "TaskSubmitFailed", "TaskTimedOut"),
    *("LambdaFunctionFailed", "LambdaFunctionScheduleFailed", "LambdaFunctionStartFailed"),
    "LambdaFunctionTimedOut",
}
NAMES = {"name", "resource", "resourceType", "region", "roleArn", "timeoutInSeconds"}


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


def log_executions(machine: Interpreter, with_data: bool, printed: str, level: str = "ALL") -> None:
    """Log every execution there has been, and what the functions printed."""
    logs = boto3.client("logs")
    pages = machine.stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=machine.arn
    )
    for item in (item for page in pages for item in page["executions"]):
        arn = item["executionArn"]
        history = machine.stepfunctions.get_execution_history(executionArn=arn)["events"]
        events = [
            {"timestamp": milliseconds(entry), "message": json.dumps(record(arn, entry, with_data))}
            for entry in history
            if level == "ALL" or entry["type"] in ERROR_TYPES
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
    if not with_data:
        details = {name: value for name, value in details.items() if name in NAMES}
    return {
        "id": str(entry["id"]),
        "type": entry["type"],
        "details": details,
        "redrive_count": "0",
        "previous_event_id": str(entry["previousEventId"]),
        "event_timestamp": str(milliseconds(entry)),
        "execution_arn": arn,
    }
