"""Where executions are read: one interface for the local cloud and for AWS."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol

from accelerator.deployment import Deployment
from accelerator.executions.emulator import EmulatorHistory
from accelerator.executions.execution import Execution
from accelerator.executions.log_groups import LogGroups
from accelerator.executions.logs import ExecutionLogs


class Source(Protocol):
    """Tells of the executions of one state machine."""

    def changed(self) -> Iterable[Execution]:
        """Those that started, went on or ended since the last call, each as soon as it is read.

        The first call tells the newest first, all others the oldest.
        """

    def execution(self, arn: str) -> Execution:
        """One execution as far as it is known.

        Raises:
            Problem: nothing is known of it.
        """

    def of_event(self, event_id: str) -> Sequence[Execution]:
        """Every execution of the events whose id begins so, the oldest first."""


def source(cloud: Deployment, since: timedelta | None = None) -> Source:
    """The source for a deployment, from so long ago on.

    A history that tells more than the deployment logs is not read, so that what is seen locally is
    what will be seen on AWS.
    """
    if cloud.has_history and LogGroups(cloud).has_events:
        return EmulatorHistory(cloud, since)
    return ExecutionLogs(cloud, since)
