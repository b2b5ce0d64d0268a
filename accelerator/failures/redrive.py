"""Starts executions with failed events again: each that was there when the redrive began, once."""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from accelerator.deployment import Deployment
from accelerator.failures.failure import Failure, Filter
from accelerator.failures.look import Look, look, now_of
from accelerator.plural import plural
from domain.keys import EVENTS
from domain.start import NotRedrivable, original_event, start_input

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

STARTERS = 16
# How long somebody else's look is waited for, which hides failures while it lasts; SQS takes a
# minute to count them rightly.
PATIENCE_SECONDS = 65
# How long they are given to take what is let go for them; of different lengths for two redrives.
OTHERS_TURN_SECONDS = (0.5, 1.5)
# A start that is throttled is tried again with backoff and jitter, up to 20 seconds apart.
THROTTLED = Config(retries={"mode": "standard", "total_max_attempts": 10})


@dataclass
class Redriven:
    """How a redrive went: how many executions were started, and why failures were left."""

    started: int = 0
    left: Counter[str] = field(default_factory=Counter)
    # One failure that was left, for each reason.
    examples: dict[str, str] = field(default_factory=dict)
    # About how many failures somebody else was looking at all the while.
    held_by_others: int = 0
    # Started, but not deleted, since their hold had run out; they will be started once more.
    undeleted: int = 0
    # Stored events that could not be removed.
    not_removed: int = 0
    # Why there was nothing to start.
    none: str | None = None
    # What ended it early.
    problem: Exception | None = None

    def told(self) -> Iterator[str]:
        """A line for each thing that was not done, the commonest reason first."""
        for reason, count in self.left.most_common():
            yield f"left {count}, such as {self.examples[reason]}: {reason}"
        if self.undeleted:
            yield f"{self.undeleted} were started, but stay: they could not be deleted"
        if self.not_removed:
            yield f"{plural(self.not_removed, 'stored event')} could not be removed from {EVENTS}"
        if self.held_by_others:
            yield f"about {self.held_by_others} are being looked at by somebody else: try later"
        if self.problem:
            yield f"ended early: {self.problem}"

    def leave(self, failure: Failure, reason: str) -> None:
        """Count a failure that stays where it is."""
        self.left[reason] += 1
        self.examples.setdefault(reason, failure.id)


class Pace:
    """Lets through so many a second, from any thread."""

    def __init__(self, rate: float) -> None:
        self._seconds = 1 / rate
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, **_: Any) -> None:
        """Wait for one's turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._seconds
        time.sleep(turn - now)


def redrive(
    cloud: Deployment,
    wanted: Filter,
    rate: float,
    progress: Callable[[int, int], object] = lambda *_: None,
    stop: Callable[[], object] = lambda: False,
    with_waiting: bool = False,
) -> Redriven:
    """Start an execution with each failed event that is meant, at most `rate` a second.

    A failure is deleted only once its start is accepted. A crash in between starts the event
    twice, and the second execution writes the same object again. What fails again, or for the
    first time, while this goes on is left for the next redrive.

    Args:
        cloud: the deployment.
        wanted: which failures are meant.
        rate: calls of StartExecution a second, repeated ones included.
        progress: called with how many failures were dealt with, and about how many there are.
        stop: asked between failures whether to finish what is in flight and end.
        with_waiting: whether those are meant too whose automatic redrive is due.
    """
    until, result = now_of(cloud), Redriven()
    try:
        with look(cloud, wanted, until, stop, with_waiting) as found:
            try:
                Redrive(cloud, wanted, rate, until, result).all_of(found, progress, stop)
                found.delete_now()
                result.none = None if result.started or result.left else found.none
            finally:
                result.undeleted, result.not_removed = found.undeleted, found.not_removed
    except (BotoCoreError, ClientError) as error:
        result.problem = result.problem or error
    return result


class Redrive:
    """One redrive: starts in flight, and what has become of the others."""

    def __init__(
        self, cloud: Deployment, wanted: Filter, rate: float, until: datetime, result: Redriven
    ) -> None:
        self._cloud = cloud
        self._wanted = wanted
        self._began = until - timedelta(seconds=1)
        self._stepfunctions = starting_client(cloud, rate)
        # What is received is held: no more of it than is soon started.
        self._most_in_flight = min(2 * STARTERS, max(1, int(rate)))
        self._in_flight: deque[tuple[Failure, Future[None]]] = deque()
        self._event_ids: set[str] = set()
        self._ids: set[str] = set()
        self._result = result

    def all_of(
        self, found: Look, progress: Callable[[int, int], object], stop: Callable[[], object]
    ) -> None:
        """Start all that a look finds, and what others look at meanwhile once they have done."""
        self._progress, self._depth = progress, found.depth
        with ThreadPoolExecutor(STARTERS) as starters:
            try:
                for failure in self._waiting_for_others(found, stop):
                    if stop() or self._result.problem:
                        break
                    if self._failed_again(failure):
                        continue
                    self._remember(failure)
                    self._in_flight.append((failure, starters.submit(self._start, failure)))
                    if len(self._in_flight) >= self._most_in_flight:
                        self._settle()
            finally:
                self._settle_all()

    def _waiting_for_others(self, found: Look, stop: Callable[[], object]) -> Iterator[Failure]:
        yield from found
        end = time.monotonic() + PATIENCE_SECONDS
        while not (stop() or self._result.problem or self._has_all_that_are_named()):
            # Somebody else may be waiting for what is held here.
            self._settle_all()
            found.delete_now()
            held = found.held_by_others()
            if time.monotonic() > end:
                self._result.held_by_others = held
                return
            if held:
                found.release()
                time.sleep(random.uniform(*OTHERS_TURN_SECONDS))  # noqa: S311
            # Also where none is held: what others held may have been let go a moment ago.
            for failure in found.again():
                end = time.monotonic() + PATIENCE_SECONDS
                yield failure
            if not held and not found.held_by_others():
                return

    def _remember(self, failure: Failure) -> None:
        if event_id := failure.message["eventId"]:
            self._event_ids.add(event_id)
        if self._wanted.ids:
            self._ids.update(filter(None, (failure.id, failure.message["eventId"])))

    def _has_all_that_are_named(self) -> bool:
        """Whether ids were given, and each has been met."""
        ids = self._wanted.ids
        return bool(ids) and all(any(f.startswith(i) for f in self._ids) for i in ids)

    def _failed_again(self, failure: Failure) -> bool:
        """Whether this is what became of an event that was just started, not what was there."""
        return failure.kept_since >= self._began and failure.message["eventId"] in self._event_ids

    def _start(self, failure: Failure) -> None:
        if failure.body is not None:
            raise NotRedrivable(failure.message["message"])
        bucket = self._cloud.outputs.response_bucket_name
        event = original_event(failure.message, self._cloud.s3, bucket)
        self._stepfunctions.start_execution(
            stateMachineArn=self._cloud.outputs.state_machine_arn, input=start_input(event, 0)
        )

    def _settle_all(self) -> None:
        while self._in_flight:
            self._settle()

    def _settle(self) -> None:
        """Wait for the oldest start, then delete its failure or leave it."""
        failure, start = self._in_flight.popleft()
        try:
            start.result()
        except Exception as error:
            self._result.leave(failure, str(error) or type(error).__name__)
        else:
            self._result.started += 1
            self._delete(failure)
        done = self._result.started + self._result.left.total()
        self._progress(done, max(self._depth, done))

    def _delete(self, failure: Failure) -> None:
        try:
            failure.delete(lambda: None)
        except (BotoCoreError, ClientError) as error:
            self._result.problem = self._result.problem or error


def starting_client(cloud: Deployment, rate: float) -> "SFNClient":
    """Step Functions, where each attempt to start waits for its turn."""
    client = cloud.session.client("stepfunctions", endpoint_url=cloud.endpoint, config=THROTTLED)
    client.meta.events.register("before-send.sfn.StartExecution", Pace(rate).wait)
    return client
