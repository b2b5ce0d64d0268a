"""The log groups of a state machine and of the functions that it invokes, read at a fair pace."""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from accelerator.deployment import Deployment
from accelerator.executions.execution import parsed
from accelerator.problem import Problem

# FilterLogEvents takes 5 calls a second in an account's region, shared with everybody there.
SECONDS_A_CALL = 0.5
# The functions that are told their execution, and tell it.
FUNCTION_ARN = re.compile(r'"FunctionName": ?"arn:[^"]*:function:([^":]+)')
UNTOLD = "EXECUTION_LOGS=ERROR logs no success: what was stored at its first attempt is not told"
# What any message has that belongs to an execution.
OF_AN_EXECUTION = '"execution_arn"'


class Message(NamedTuple):
    """A message of a log group that belongs to an execution; `time` is when it was logged."""

    id: str
    time: datetime
    body: dict[str, Any]

    @property
    def arn(self) -> str:
        """The execution's."""
        return str(self.body["execution_arn"])


class LogGroups:
    """What a deployment logs of its executions."""

    def __init__(self, cloud: Deployment) -> None:
        self._cloud = cloud
        self._last_call = 0.0
        self._pause = 0.0 if cloud.is_local else SECONDS_A_CALL

    @cached_property
    def _machine(self) -> Any:
        return self._cloud.stepfunctions.describe_state_machine(
            stateMachineArn=self._cloud.outputs.state_machine_arn
        )

    @cached_property
    def states(self) -> str:
        """The state machine's log group.

        Raises:
            Problem: it writes none.
        """
        logging = self._machine.get("loggingConfiguration", {})
        destinations = logging.get("destinations", [])
        if not destinations or logging["level"] == "OFF":
            raise Problem("the state machine writes no logs: set EXECUTION_LOGS and deploy again")
        arn: str = destinations[0]["cloudWatchLogsLogGroup"]["logGroupArn"]
        return arn.removesuffix(":*").split(":log-group:")[1]

    @cached_property
    def functions(self) -> list[str]:
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
    def has_every_type(self) -> bool:
        """Whether each record is logged, and not those types alone that tell of errors."""
        return bool(self._machine["loggingConfiguration"]["level"] == "ALL")

    @property
    def untold(self) -> str | None:
        """What `untold` says of the state machine."""
        return untold(self._machine)

    @property
    def has_events(self) -> bool:
        """Whether the records tell each event, with which an execution starts."""
        has_data = self._machine["loggingConfiguration"].get("includeExecutionData")
        return self.has_every_type and bool(has_data)

    def messages(
        self, group: str, pattern: str, start: datetime, end: datetime | None = None
    ) -> Iterator[Message]:
        """What a log group got from `start` on and before `end`, the oldest first."""
        arguments: dict[str, Any] = {
            "logGroupName": group,
            "startTime": milliseconds(start),
            "filterPattern": pattern,
        }
        if end is not None:
            arguments["endTime"] = milliseconds(end) - 1  # which FilterLogEvents still returns
        pages = self._cloud.logs.get_paginator("filter_log_events").paginate(**arguments)
        for page in self._in_turn(pages):
            for event in page["events"]:
                body = parsed(event["message"])
                if isinstance(body, dict) and isinstance(body.get("execution_arn"), str):
                    yield Message(event["eventId"], moment(event["timestamp"]), body)

    def _in_turn(self, pages: Iterable[Any]) -> Iterator[Any]:
        """The pages, each call at its time."""
        calls = iter(pages)
        while True:
            time.sleep(max(0.0, self._last_call + self._pause - time.monotonic()))
            self._last_call = time.monotonic()
            try:
                yield next(calls)
            except StopIteration:
                return


def untold(machine: Any) -> str | None:
    """What to say of executions that a machine, as it is described, does not log.

    None where all are logged, or none.
    """
    level = machine.get("loggingConfiguration", {}).get("level")
    return UNTOLD if level == "ERROR" else None


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """A time as CloudWatch Logs takes it."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def moment(at: int) -> datetime:
    """A time that CloudWatch Logs tells."""
    return EPOCH + timedelta(milliseconds=at)
