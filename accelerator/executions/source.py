"""Where executions are read: one interface for the local cloud and for AWS."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol

from accelerator.deployment import Deployment
from accelerator.executions.emulator import EmulatorHistory
from accelerator.executions.execution import Execution
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
    """The source for a deployment, from so long ago on."""
    return EmulatorHistory(cloud, since) if cloud.has_history else ExecutionLogs(cloud, since)
