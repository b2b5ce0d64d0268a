"""Reads executions from CloudWatch Logs, where an Express state machine writes its history.

A record is `{"id", "type", "details", "previous_event_id", "event_timestamp" (milliseconds),
"execution_arn", "redrive_count"}` (Step Functions developer guide, "Using CloudWatch Logs to log
execution history"). Without execution data `details` holds names only; ids, keys and error codes
then come from the functions' own log lines.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution, Record, execution, parsed
from accelerator.problem import Problem
from domain.event import EVENT_ID

# FilterLogEvents takes 5 calls a second in an account's region, shared with everybody there.
SECONDS_A_CALL = 0.5
# Records are delivered within seconds, and not in order.
OVERLAP = timedelta(seconds=15)
# How long a record of an execution that has ended may still come.
LINGER = timedelta(minutes=1)
# Express ends every execution after five minutes.
LONGEST = timedelta(minutes=5)
LOOK_BACK = timedelta(days=1)
# The functions that are told their execution, and tell it.
FUNCTION_ARN = re.compile(r'"FunctionName": ?"arn:[^"]*:function:([^":]+)')


class ExecutionLogs:
    """The executions of the deployed state machine, as its log group and its functions' tell."""

    def __init__(self, cloud: Deployment, since: timedelta | None = None) -> None:
        self._cloud = cloud
        self._from = datetime.now(UTC) - (LOOK_BACK if since is None else since)
        self._read_to = self._from
        self._seen: dict[str, datetime] = {}
        self._records: dict[str, list[Record]] = defaultdict(list)
        self._lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._last_call = 0.0

    @cached_property
    def _machine(self) -> Any:
        return self._cloud.stepfunctions.describe_state_machine(
            stateMachineArn=self._cloud.outputs.state_machine_arn
        )

    @cached_property
    def _group(self) -> str:
        """The state machine's log group."""
        destinations = self._machine.get("loggingConfiguration", {}).get("destinations", [])
        if not destinations:
            raise Problem("the state machine writes no logs: set EXECUTION_LOGS and deploy again")
        arn: str = destinations[0]["cloudWatchLogsLogGroup"]["logGroupArn"]
        return arn.removesuffix(":*").split(":log-group:")[1]

    @cached_property
    def _function_groups(self) -> list[str]:
        """The log groups of the functions that the state machine invokes."""
        functions = sorted(set(FUNCTION_ARN.findall(self._machine["definition"])))
        configurations = [
            self._cloud.lambda_.get_function_configuration(FunctionName=name) for name in functions
        ]
        return [
            configuration.get("LoggingConfig", {}).get("LogGroup")
            or f"/aws/lambda/{configuration['FunctionName']}"
            for configuration in configurations
        ]

    @property
    def _has_data(self) -> bool:
        return bool(self._machine["loggingConfiguration"].get("includeExecutionData"))

    def changed(self) -> list[Execution]:
        """Those of which something was logged since the last call."""
        start, now = self._read_to - OVERLAP, datetime.now(UTC)
        changed: dict[str, None] = {}
        for message in self._read(self._group, max(start, self._from)):
            self._records[message["execution_arn"]].append(record(message))
            changed[message["execution_arn"]] = None
        for group in [] if self._has_data else self._function_groups:
            for line in self._read(group, max(start, self._from)):
                self._lines[line["execution_arn"]].append(line)
                changed[line["execution_arn"]] = None
        self._read_to = now
        told = [
            execution(arn, self._records[arn], self._lines[arn])
            for arn in changed
            if arn in self._records
        ]
        self._forget(now)
        return sorted(told, key=lambda it: it.started or now)

    def execution(self, arn: str) -> Execution:
        """One execution, looked up whole."""
        for told in self._looked_up([arn]):
            return told
        raise Problem(f"the logs hold nothing of execution {arn}")

    def of_event(self, event_id: str) -> list[Execution]:
        """Every execution of an event since this source's beginning."""
        if not EVENT_ID.fullmatch(event_id):
            raise Problem(f"{event_id} is no event id: it is letters, digits and hyphens")
        groups = [self._group] if self._has_data else self._function_groups
        found: dict[str, None] = {}
        for group in groups:
            for message in self._filtered(group, f'"{event_id}"'):
                found[message["execution_arn"]] = None
        told = self._looked_up(list(found))
        return [each for each in told if each.event_id == event_id]

    def _looked_up(self, arns: list[str]) -> list[Execution]:
        records: dict[str, list[Record]] = defaultdict(list)
        lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for arn in arns:
            records[arn] += map(record, self._filtered(self._group, f'"{arn}"'))
            for group in self._function_groups:
                lines[arn] += self._filtered(group, f'"{arn}"')
        told = [execution(arn, records[arn], lines[arn]) for arn in arns if records[arn]]
        return sorted(told, key=lambda it: it.started or self._from)

    def _forget(self, now: datetime) -> None:
        """Drop what nothing more can come of, so that a watch may last for days."""
        for arn, records in list(self._records.items()):
            last = max(record.time for record in records)
            ended = any(record.type in ENDED for record in records)
            if last < now - (LINGER if ended else LONGEST + LINGER):
                del self._records[arn]
                self._lines.pop(arn, None)
        oldest = now - OVERLAP - LINGER
        self._seen = {id: at for id, at in self._seen.items() if at > oldest}

    def _read(self, group: str, start: datetime) -> Iterator[dict[str, Any]]:
        """What a log group got since, each message once."""
        for id, message in self._events(group, start, '"execution_arn"'):
            if id not in self._seen:
                self._seen[id] = datetime.now(UTC)
                yield message

    def _filtered(self, group: str, term: str) -> Iterator[dict[str, Any]]:
        """What a log group holds with a term in it."""
        return (message for _, message in self._events(group, self._from, term))

    def _events(
        self, group: str, start: datetime, pattern: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The messages of a log group that belong to an execution, with their ids."""
        arguments: dict[str, Any] = {
            "logGroupName": group,
            "startTime": int(start.timestamp() * 1000),
            "filterPattern": pattern,
        }
        pages = self._cloud.logs.get_paginator("filter_log_events").paginate(**arguments)
        for page in self._in_turn(pages):
            for event in page["events"]:
                message = parsed(event["message"])
                if isinstance(message, dict) and isinstance(message.get("execution_arn"), str):
                    yield event["eventId"], message

    def _in_turn(self, pages: Iterable[Any]) -> Iterator[Any]:
        """The pages, each call at its time."""
        calls = iter(pages)
        while True:
            time.sleep(max(0.0, self._last_call + SECONDS_A_CALL - time.monotonic()))
            self._last_call = time.monotonic()
            try:
                yield next(calls)
            except StopIteration:
                return


ENDED = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


def record(message: dict[str, Any]) -> Record:
    """A record of the state machine's log."""
    at = datetime.fromtimestamp(int(message["event_timestamp"]) / 1000, UTC)
    return Record(int(message["id"]), message["type"], at, message.get("details", {}))
