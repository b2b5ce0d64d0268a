"""CloudWatch Logs: executions are logged as they are to be, and what is logged is found."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response
from ministack.services import cloudwatch_logs, stepfunctions

from accelerator.executions.levels import TYPES, log_record

STREAM = "executions"
# As many as FilterLogEvents returns at once (CloudWatch Logs API reference).
PAGE = 10_000
# A regular expression, a text in quotes or a bare one (user guide, "Filter pattern syntax").
TERM = re.compile(r'(?P<no>-?)(?:%(?P<expression>[^%]+)%|"(?P<quoted>[^"]+)"|(?P<bare>\S+))')


def correct_logging_configuration() -> None:
    """Tell how a machine logs in the API's words; ministack tells it in CloudFormation's."""
    describe = stepfunctions._describe_state_machine

    def describe_readably(data: dict[str, Any]) -> Any:
        status, headers, body = describe(data)
        told = json.loads(body)
        if "loggingConfiguration" not in told:
            return status, headers, body
        return json_response(told | {"loggingConfiguration": uncapitalized(told)}, status)

    stepfunctions._describe_state_machine = describe_readably


def uncapitalized(machine: dict[str, Any]) -> Any:
    """How a machine logs: `{"level", "includeExecutionData", "destinations"}`."""

    def told(given: Any) -> Any:
        if isinstance(given, list):
            return list(map(told, given))
        if not isinstance(given, dict):
            return given
        return {name[0].lower() + name[1:]: told(value) for name, value in given.items()}

    return told(machine["loggingConfiguration"])


def correct_execution_logs() -> None:
    """Log what happens in executions, as much of it as is configured; ministack logs nothing.

    What is logged whole is not: the history, which an emulator keeps, holds the same.
    """
    add = stepfunctions._add_event

    def add_and_log(execution: dict[str, Any], kind: str, details: Any = None) -> Any:
        event = add(execution, kind, details)
        machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
        # The start is there before anything is added.
        for each in execution["events"][:2] if event["id"] == 2 else [event]:
            if machine:
                log(uncapitalized(machine), execution["executionArn"], each)
        return event

    stepfunctions._add_event = add_and_log


def log(configured: dict[str, Any], arn: str, event: dict[str, Any]) -> None:
    """Log an entry of an execution's history, or what of it is to be logged."""
    level, with_data = configured["level"], bool(configured.get("includeExecutionData"))
    if event["type"] not in TYPES[level] or (level, with_data) == ("ALL", True):
        return
    group = configured["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    name = group.removesuffix(":*").split(":log-group:")[1]
    told = [of for name, of in event.items() if name.endswith("EventDetails")]
    at = stepfunctions._iso_to_epoch_ms(event["timestamp"])
    record = log_record(arn, event["id"], event["type"], at, told[0] if told else {}, with_data)
    cloudwatch_logs._create_log_stream({"logGroupName": name, "logStreamName": STREAM})
    logged = {"timestamp": at, "message": json.dumps(record), "ingestionTime": at}
    stream = cloudwatch_logs._log_groups[name]["streams"][STREAM]
    cloudwatch_logs._append_log_events(stream, [logged])


def correct_found_logs() -> None:
    """Find by regular expressions too, page after page, and tell each event's id.

    Ministack takes a regular expression for text, and of what is found tells 10,000 at the most.
    """
    found_at_first = cloudwatch_logs._filter_log_events

    def find(data: dict[str, Any]) -> Any:
        group = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(data))
        pattern = data.get("filterPattern", "").strip()
        if group is None or pattern.startswith(("{", "[")) or "logStreamNames" in data:
            return found_at_first(data)
        is_meant, start, end = matcher(pattern), data.get("startTime", 0), data.get("endTime")
        with cloudwatch_logs._log_events_lock:
            held = [
                {**event, "eventId": event.setdefault("eventId", uuid.uuid4().hex)}
                | {"logStreamName": name}
                for name, stream in group["streams"].items()
                for event in stream["events"]
                if start <= event["timestamp"] <= (end or event["timestamp"])
                and is_meant(event["message"])
            ]
        held.sort(key=lambda event: event["timestamp"])
        first, most = int(data.get("nextToken", 0)), min(data.get("limit", PAGE), PAGE)
        more = {"nextToken": str(first + most)} if len(held) > first + most else {}
        return json_response(
            {"events": held[first : first + most], "searchedLogStreams": []} | more
        )

    cloudwatch_logs._filter_log_events = find


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a message has each term of a pattern, and none that a `-` stands before."""
    wanted = []
    for term in TERM.finditer(pattern):
        text = term["expression"] or re.escape(term["quoted"] or term["bare"] or "")
        wanted.append((re.compile(text), not term["no"]))
    return lambda message: all(bool(each.search(message)) is has for each, has in wanted)
