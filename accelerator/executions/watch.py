"""Which executions somebody wants to see, and which of them ended since the last look."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from accelerator.executions.execution import Execution
from accelerator.executions.source import Source
from accelerator.plural import plural
from accelerator.words import few, near_event_type
from domain.event_types import types_of

# With execution data off, ids come with the functions' log lines, which may arrive later.
PATIENCE_SECONDS = 10
TOLD_AGAIN_SECONDS = 600


@dataclass(frozen=True)
class Filter:
    """Which executions are meant; what is None means any."""

    event_type: str | None = None
    status: str | None = None
    entity_id: str | None = None

    def takes(self, told: Execution) -> bool:
        """Whether this execution is meant."""
        return (
            (self.event_type is None or told.event_type in types_of(self.event_type))
            and self.status in (None, told.outcome)
            and self.entity_id in (None, told.entity_id)
        )


@dataclass
class Watch:
    """What was seen of the executions so far."""

    source: Source
    wanted: Filter
    running: dict[str, Execution] = field(default_factory=dict)
    waiting: dict[str, tuple[float, Execution]] = field(default_factory=dict)
    # How many were meant, and how many not, by their types and ends.
    meant: int = 0
    others: Counter[str] = field(default_factory=Counter)
    told_none: bool = False
    # When each was told; a source tells an execution again for minutes at the most.
    told: dict[str, float] = field(default_factory=dict)

    def ended(self, patient: bool = True) -> Iterator[Execution]:
        """Those that ended since the last call, each once, and as soon as their ids are known."""
        now = time.monotonic()
        for execution in self.source.changed():
            if execution.outcome == "running":
                self.running[execution.arn] = execution
            elif execution.arn not in self.told and not (patient and execution.may_go_on):
                since, _ = self.waiting.get(execution.arn, (now, execution))
                self.waiting[execution.arn] = since, execution
                self.running.pop(execution.arn, None)
                yield from self._known(execution, since, patient)
        for since, execution in list(self.waiting.values()):
            yield from self._known(execution, since, patient)
        self.told = {arn: at for arn, at in self.told.items() if now - at < TOLD_AGAIN_SECONDS}

    def _known(self, execution: Execution, since: float, patient: bool) -> Iterator[Execution]:
        """An execution that ended, unless its ids may still come."""
        now = time.monotonic()
        if execution.event_type or not patient or now - since > PATIENCE_SECONDS:
            del self.waiting[execution.arn]
            self.told[execution.arn] = now
            if self.wanted.takes(execution):
                self.meant += 1
                yield execution
            else:
                self.others[f"{execution.outcome} {execution.event_type or '?'}"] += 1

    def none(self) -> str:
        """What to say where none was meant."""
        if not self.others:
            return "no execution ended in that time"
        told = f"none of {plural(self.others.total(), 'execution')} matches"
        near = near_event_type(self.wanted.event_type)
        return f"{told}: {near or f'they are {few(self.others)}'}"
