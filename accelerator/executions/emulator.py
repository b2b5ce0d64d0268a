"""Reads executions from the local cloud, which keeps the history of Express executions too.

AWS does not: there ListExecutions and GetExecutionHistory refuse an Express state machine.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution, Record, execution
from accelerator.problem import Problem
from accelerator.threads import mapped

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

# A burst runs hundreds at once; following each would slow down what is being watched.
RUNNING_FOLLOWED = 20
# Of so many of those that ended is remembered that they were told.
REMEMBERED = 10_000


class EmulatorHistory:
    """The executions of the deployed state machine."""

    def __init__(self, cloud: Deployment, since: timedelta | None = None) -> None:
        self._client = cloud.emulator
        self._state_machine = cloud.outputs.state_machine_arn
        self._since = datetime.now(UTC) - since if since is not None else None
        # The newest last.
        self._ended: dict[str, None] = {}
        self._looked = False
        self._event_ids: dict[str, str] = {}

    def changed(self) -> Iterator[Execution]:
        """Those that ended since the last call, and some of those that run.

        The first call tells the newest first.
        """
        # One that runs stands among the others by its start, behind those that ended since.
        running = [item["executionArn"] for item in self._listed(statusFilter="RUNNING")]
        ended: list[str] = []
        for item in self._listed():
            arn = item["executionArn"]
            # The newest come first, by their end: whatever follows was told before.
            if arn in self._ended or self._is_older(item):
                break
            if item["status"] != "RUNNING":
                ended.append(arn)
        is_first, self._looked = not self._looked, True
        for arn in ended if is_first else reversed(ended):
            yield self.execution(arn)
            self._ended[arn] = None
        yield from map(self.execution, running[-RUNNING_FOLLOWED:])
        if is_first:
            self._ended = dict.fromkeys(reversed(ended))
        while len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def execution(self, arn: str) -> Execution:
        """One execution, from its history."""
        try:
            pages = self._client.get_paginator("get_execution_history").paginate(
                executionArn=arn, PaginationConfig={"PageSize": 1000}
            )
            return execution(arn, (record(entry) for page in pages for entry in page["events"]))
        except self._client.exceptions.ExecutionDoesNotExist:
            raise Problem(f"there is no execution {arn}") from None

    def of_event(self, event_id: str) -> list[Execution]:
        """Every execution of the events whose id begins so."""
        listed = [item["executionArn"] for item in self._listed()]
        unknown = [arn for arn in listed if arn not in self._event_ids]
        self._event_ids |= zip(unknown, mapped(self._event_id, unknown), strict=True)
        found = (arn for arn in listed if self._event_ids[arn].startswith(event_id))
        return list(map(self.execution, found))[::-1]

    def _event_id(self, arn: str) -> str:
        """The id of an execution's event, by its input: its history is much longer."""
        begun = self._client.describe_execution(executionArn=arn)
        start = Record(1, "ExecutionStarted", begun["startDate"], {"input": begun["input"]})
        return execution(arn, [start]).event_id or ""

    def _listed(self, **wanted: Any) -> "Iterator[ExecutionListItemTypeDef]":
        pages = self._client.get_paginator("list_executions").paginate(
            stateMachineArn=self._state_machine, PaginationConfig={"PageSize": 1000}, **wanted
        )
        return (item for page in pages for item in page["executions"])

    def _is_older(self, item: "ExecutionListItemTypeDef") -> bool:
        last = item.get("stopDate") or item["startDate"]
        return self._since is not None and last < self._since


def record(entry: Any) -> Record:
    """A HistoryEvent, whose details are under a name of their own for each type."""
    details = [value for name, value in entry.items() if name.endswith("EventDetails")]
    return Record(entry["id"], entry["type"], entry["timestamp"], details[0] if details else {})
