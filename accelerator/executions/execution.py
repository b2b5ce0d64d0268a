"""An execution: one event's way through the state machine, from the records of its history."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from domain.event import event_id, without_redrive
from domain.event_types import event_type
from domain.executions import outcome
from domain.untrusted import parse, short, text

# The event type of what cannot be read as an event.
UNREADABLE = "unreadable"
# Express ends every execution after so long (Step Functions developer guide, "Quotas").
LONGEST = timedelta(minutes=5)
# A state of which nothing was logged but failed attempts; their records do not name it.
NOT_LOGGED = "(not logged)"


class Record(NamedTuple):
    """An entry of an execution's history.

    Type and details are those of the API's HistoryEvent (Step Functions API reference), which a
    log record has too, there with everything that is specific to the type under `details`.
    """

    id: int
    type: str
    time: datetime
    details: dict[str, Any]


@dataclass
class Attempt:
    """One try of a task. What is not known, or not yet, is None."""

    started: datetime | None
    ended: datetime | None = None
    output: Any = None
    error: str | None = None
    cause: str | None = None


@dataclass
class Visit:
    """A state that the execution entered. Input and output are None where logs hold no data."""

    name: str
    type: str
    entered: datetime
    input: Any
    exited: datetime | None = None
    output: Any = None
    attempts: list[Attempt] = field(default_factory=list)


@dataclass
class Execution:
    """One event's way through the state machine.

    `logged` is what the functions' log lines tell of it, for the time when its own records hold
    no data. `data` is the last state data: `{"hydration", "response", "failed", "failure"}`.
    `unreadable` is what it was started with where that cannot be read as an event. `status` is None
    where logs do not tell whether it has ended, `first` is when its first record was made, and
    `error` is what it failed with.
    """

    arn: str
    status: str | None = "RUNNING"
    started: datetime | None = None
    ended: datetime | None = None
    event: dict[str, Any] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    logged: dict[str, Any] = field(default_factory=dict)
    unreadable: str | None = None
    first: datetime | None = None
    error: str | None = None

    @property
    def path(self) -> list[str]:
        """The names of the states, as they were entered."""
        return [visit.name for visit in self.visits]

    @property
    def attempts(self) -> dict[str, int]:
        """How often each task was tried, by state."""
        counted: Counter[str] = Counter()
        for visit in self.visits:
            counted[visit.name] += len(visit.attempts)
        return {name: count for name, count in counted.items() if count}

    @property
    def outcome(self) -> str:
        """What domain/executions.py tells, or `running`, or `unlogged`: nobody knows."""
        if self.status in (None, "RUNNING"):
            return "running" if self.status else "unlogged"
        return outcome(self.path[-1] if self.path else self.error)

    @property
    def may_go_on(self) -> bool:
        """Whether it has not ended, as far as can be known now."""
        if self.status is None and self.first is not None:
            return datetime.now(UTC) < self.first + LONGEST
        return self.status == "RUNNING"

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None

    @property
    def data(self) -> dict[str, Any]:
        """The state data as the last state was given it."""
        # The first state is given the event.
        visits = self.visits[1:] if self.started else self.visits
        given = [visit.input for visit in visits if isinstance(visit.input, dict)]
        return given[-1] if given else {}

    @property
    def event_id(self) -> str | None:
        """The id that EventBridge gave the event when it was first delivered."""
        return event_id(self.event.get("id") if self.event else self.logged.get("event_id"))

    @property
    def event_type(self) -> str | None:
        """What it is told and filtered by."""
        if self.event:
            return event_type(self.event)
        return text(self.logged.get("event_type")) or (self.unreadable and UNREADABLE)

    @property
    def hydration(self) -> dict[str, Any]:
        """What ExtractId returned: `{"id", "variables", "key", ...}`; empty where it did not."""
        hydration = self._read("hydration")
        return hydration if isinstance(hydration, dict) else {}

    @property
    def entity_id(self) -> str | None:
        """The id of the order, item or inventory item."""
        return text(self.hydration.get("id") or self.logged.get("entity_id"))

    @property
    def key(self) -> str | None:
        """The key of the stored response."""
        stored = self.outcome == "stored"
        return text(self.hydration.get("key") or self.logged.get("key")) if stored else None

    @property
    def error_code(self) -> str | None:
        """Why the event was not stored, as its failure message says, or the last error."""
        if self.outcome not in ("failed", "uncaught", "postponed", "unlogged"):
            return None
        errors = [a.error for visit in self.visits for a in visit.attempts if a.error]
        # A record of a failed attempt need not name its error.
        named = [error for error in errors if not is_failed_attempt(error)]
        known = (*named[-1:], self.logged.get("error"), *errors[-1:], self.status)
        told = self._read("failure", "message", "errorCode") or self.logged.get("error_code")
        code = told or next(filter(None, known), None)
        return None if code is None else short(str(code))

    def _read(self, *names: str) -> Any:
        """A value of the state data; None where there is none."""
        value: Any = self.data
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    @property
    def trace_id(self) -> str | None:
        """The X-Ray trace's id, which the functions' log lines carry on AWS."""
        return text(self.logged.get("xray_trace_id"))

    def told(self) -> dict[str, Any]:
        """The execution in short, for programs to read."""
        return {
            "time": self.started and self.started.isoformat(timespec="milliseconds"),
            "firstRecord": self.first and self.first.isoformat(timespec="milliseconds"),
            "eventId": self.event_id,
            "eventType": self.event_type,
            "entityId": self.entity_id,
            "status": self.status,
            "outcome": self.outcome,
            "path": self.path,
            "attempts": self.attempts,
            "durationMs": None if self.seconds is None else round(self.seconds * 1000),
            "key": self.key,
            "errorCode": self.error_code,
            "executionArn": self.arn,
        }


def execution(
    arn: str,
    records: Iterable[Record],
    lines: Sequence[dict[str, Any]] = (),
    without_end: str | None = "RUNNING",
) -> Execution:
    """The execution that these records, in any order, and its functions' log lines tell of.

    `without_end` is its status where no record tells its end.
    """
    told = Execution(arn, without_end)
    for record in sorted(records):
        told.first = min(told.first or record.time, record.time)
        add(told, record)
    for line in lines:
        told.logged |= {name: value for name, value in line.items() if value is not None}
    return told


def add(told: Execution, record: Record) -> None:
    """Add what a record says."""
    kind, details = record.type, record.details
    if kind == "ExecutionStarted":
        told.started = record.time
        given = parsed(details.get("input"))
        if isinstance(given, dict):
            told.event, _ = without_redrive(given)
        else:
            told.unreadable = details.get("input")
    elif kind.startswith("Execution"):
        told.ended, told.error = record.time, details.get("error")
        told.status = {"TimedOut": "TIMED_OUT"}.get(kind[9:], kind[9:].upper())
    elif kind.endswith("StateEntered"):
        name, state_type = details["name"], kind.removesuffix("StateEntered")
        told.visits.append(Visit(name, state_type, record.time, parsed(details.get("input"))))
    elif told.visits or is_failed_attempt(kind):
        if not told.visits:
            told.visits.append(Visit(NOT_LOGGED, "Task", record.time, None))
        add_to_visit(told.visits[-1], record)


def is_failed_attempt(kind: str) -> bool:
    """Whether a record tells of an attempt of a task that failed."""
    return kind.startswith(("Task", "LambdaFunction")) and kind.endswith(("Failed", "TimedOut"))


def add_to_visit(visit: Visit, record: Record) -> None:
    """Add what a record says of the state that the execution is in."""
    kind, details = record.type, record.details
    if kind.endswith("StateExited"):
        visit.exited, visit.output = record.time, parsed(details.get("output"))
    elif kind in ("TaskScheduled", "LambdaFunctionScheduled"):
        visit.attempts.append(Attempt(record.time))
    elif is_failed_attempt(kind) or (visit.attempts and kind.endswith("Succeeded")):
        if not visit.attempts or visit.attempts[-1].ended:
            visit.attempts.append(Attempt(None))
        attempt = visit.attempts[-1]
        attempt.ended, attempt.output = record.time, parsed(details.get("output"))
        attempt.error, attempt.cause = details.get("error"), details.get("cause")
        if attempt.error is None and not kind.endswith("Succeeded"):
            attempt.error = kind


def parsed(held: str | None) -> Any:
    """Data that a record holds as JSON text; the text itself where it cannot be read or is cut."""
    try:
        return parse(held) if held else None
    except ValueError:
        return held
