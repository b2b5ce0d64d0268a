"""Reads executions from CloudWatch Logs, where an Express state machine writes its history.

A record is `{"id", "type", "details", "previous_event_id", "event_timestamp" (milliseconds),
"execution_arn", "redrive_count"}` (Step Functions developer guide, "Using CloudWatch Logs to log
execution history"). Without execution data `details` holds names and errors only; ids, keys and
what ClassifyError calls an error then come from the functions' own log lines.

The level ERROR selects types of records, not executions: those that tell of a failed attempt, of a
Fail state and of a failed end. Neither a start nor a success is logged then, so that an execution
whose retry succeeded is known by its failed attempts alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from accelerator.deployment import Deployment
from accelerator.executions.execution import LONGEST, Execution, Record, execution
from accelerator.executions.log_groups import OF_AN_EXECUTION, LogGroups, Message, moment
from accelerator.failures.named import WHOLE
from accelerator.problem import Problem
from domain.event import EVENT_ID

# Records are delivered within seconds, and not in order.
OVERLAP = timedelta(seconds=15)
# How long a record of an execution that has ended may still come.
LINGER = timedelta(minutes=1)
LOOK_BACK = timedelta(days=1)
# The newest minutes are looked at first, then ever longer spans before them.
FIRST_SPAN = timedelta(minutes=2)
LONGEST_SPAN = timedelta(hours=1)
# Of so many of the newest executions is remembered when they were.
REMEMBERED = 10_000
ENDED = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


@dataclass
class Kept:
    """What was logged of an execution so far, between `first` and `last`."""

    first: datetime
    last: datetime
    records: list[Record] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def add(self, message: Message) -> None:
        """Add a message, whichever group it is of."""
        self.first, self.last = min(self.first, message.time), max(self.last, message.time)
        if "event_timestamp" in message.body:
            self.records.append(record(message.body))
        else:
            self.lines.append(message.body)

    @property
    def has_start(self) -> bool:
        """Whether nothing before is missing."""
        return any(record.type == "ExecutionStarted" for record in self.records)

    def is_over(self, now: datetime) -> bool:
        """Whether nothing more can come of it."""
        ended = any(record.type in ENDED for record in self.records)
        return self.last < now - (LINGER if ended else LONGEST + LINGER)


class ExecutionLogs:
    """The executions of the deployed state machine, as its log group and its functions' tell."""

    def __init__(self, cloud: Deployment, since: timedelta | None = None) -> None:
        self._groups = LogGroups(cloud)
        self._from = datetime.now(UTC) - (LOOK_BACK if since is None else since)
        self._read_to: datetime | None = None
        # Those of the last seconds, which are read again.
        self._seen: dict[str, datetime] = {}
        self._kept: dict[str, Kept] = {}
        self._when: dict[str, datetime] = {}

    def changed(self) -> Iterator[Execution]:
        """Those of which something was logged since the last call, or nothing more will be.

        The first call looks back, and tells the newest first.
        """
        now, start = datetime.now(UTC), self._read_to
        if start is None:
            yield from self._looking_back(now)
        else:
            changed = self._read(max(start - OVERLAP, self._from), None, now)
            told = [self._told(arn, now) for arn in changed if self._kept[arn].records]
            yield from sorted(told, key=lambda it: it.first or now)
        self._read_to = now
        self._seen = {id: at for id, at in self._seen.items() if at >= now - OVERLAP}
        yield from self._given_up(now)

    def _looking_back(self, now: datetime) -> Iterator[Execution]:
        self._kept.clear()
        end, span = now, FIRST_SPAN
        untold: dict[str, None] = {}
        while end > self._from:
            start = max(self._from, end - span)
            untold |= self._read(start, end, now)
            reached = start if start > self._from else start - LONGEST
            whole = {arn for arn in untold if self._is_whole(self._kept[arn], reached)}
            untold = {arn: None for arn in untold if arn not in whole}
            told = [self._told(arn, now) for arn in whole if self._kept[arn].records]
            for arn in whole:
                if self._kept[arn].is_over(now):
                    del self._kept[arn]
            yield from sorted(told, key=lambda it: it.first or now, reverse=True)
            end, span = start, min(2 * span, LONGEST_SPAN)

    @staticmethod
    def _is_whole(kept: Kept, reached: datetime) -> bool:
        """Whether all is read that was logged of an execution, when all since `reached` is."""
        return kept.has_start or kept.first - LONGEST >= reached

    def _given_up(self, now: datetime) -> Iterator[Execution]:
        """Forget what nothing more can come of, and tell what never told its end."""
        for arn, kept in list(self._kept.items()):
            if kept.is_over(now):
                told = self._told(arn, now)
                del self._kept[arn]
                if kept.records and told.ended is None:
                    yield told

    def _read(self, start: datetime, end: datetime | None, now: datetime) -> dict[str, None]:
        """Take what was logged in a span, each message once; of which executions it was."""
        changed: dict[str, None] = {}
        groups = [self._groups.states]
        for group in groups if self._groups.has_events else groups + self._groups.functions:
            for message in self._groups.messages(group, OF_AN_EXECUTION, start, end):
                if message.id in self._seen:
                    continue
                if message.time >= now - 2 * OVERLAP:
                    self._seen[message.id] = message.time
                kept = self._kept.setdefault(message.arn, Kept(message.time, message.time))
                kept.add(message)
                changed[message.arn] = None
        return changed

    def _told(self, arn: str, now: datetime) -> Execution:
        kept = self._kept[arn]
        self._when[arn] = kept.first
        while len(self._when) > REMEMBERED:
            del self._when[next(iter(self._when))]
        return self._execution(arn, kept, now)

    def _execution(self, arn: str, kept: Kept, now: datetime) -> Execution:
        may_run = self._groups.has_every_type and not kept.is_over(now)
        return execution(arn, kept.records, kept.lines, "RUNNING" if may_run else None)

    def execution(self, arn: str) -> Execution:
        """One execution, looked up whole."""
        first = self._when.get(arn)
        start, end = (self._from, None) if first is None else around(first, first)
        for told in self._looked_up({arn: (start, end)}):
            return told
        raise Problem(f"the logs hold nothing of execution {arn}")

    def of_event(self, event_id: str) -> list[Execution]:
        """Every execution of the events whose id begins so, since this source's beginning."""
        if not EVENT_ID.fullmatch(event_id):
            raise Problem(f"{event_id} is no event id: it is letters, digits and hyphens")
        groups = [self._groups.states] if self._groups.has_events else self._groups.functions
        hits: dict[str, list[datetime]] = {}
        for group in groups:
            for message in self._groups.messages(group, term(event_id), self._from):
                hits.setdefault(message.arn, []).append(message.time)
        told = self._looked_up({arn: around(min(hit), max(hit)) for arn, hit in hits.items()})
        return [each for each in told if (each.event_id or "").startswith(event_id)]

    def _looked_up(self, spans: dict[str, tuple[datetime, datetime | None]]) -> Iterable[Execution]:
        """Executions, each read whole from the span in which it was."""
        found: dict[str, Kept] = {}
        for arn, (start, end) in spans.items():
            for group in (self._groups.states, *self._groups.functions):
                for message in self._groups.messages(group, f'"{arn}"', start, end):
                    # A text in quotes may also be found within another.
                    if message.arn == arn:
                        found.setdefault(arn, Kept(message.time, message.time)).add(message)
        now = datetime.now(UTC)
        told = [self._execution(arn, kept, now) for arn, kept in found.items() if kept.records]
        return sorted(told, key=lambda it: it.first or now)


def term(event_id: str) -> str:
    """The filter pattern that finds an event's id; how one begins, by a regular expression.

    A term in quotes need not match a part of a word (CloudWatch Logs user guide, "Filter pattern
    syntax").
    """
    return f'"{event_id}"' if len(event_id) >= WHOLE else f"%{event_id}%"


def around(first: datetime, last: datetime) -> tuple[datetime, datetime]:
    """The span in which all was logged of an execution of which this was."""
    return first - LONGEST - LINGER, last + LONGEST + LINGER


def record(message: dict[str, Any]) -> Record:
    """A record of the state machine's log."""
    at = moment(int(message["event_timestamp"]))
    return Record(int(message["id"]), message["type"], at, message.get("details", {}))
