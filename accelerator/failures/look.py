"""Looks for the events that ended as failures, wherever they did.

They are in the failure queue, in the rules' dead-letter queue and, when no queue could be reached,
under `failures/unsent/` in the bucket.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from accelerator.deployment import Deployment
from accelerator.failures.failure import (
    Failure,
    Filter,
    dead_letter,
    failed_message,
    unreadable,
    unsent,
)
from accelerator.failures.queue import QueueLook, sent
from accelerator.plural import plural
from domain.keys import UNSENT
from domain.start import stored_event

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# Where events wait for their automatic redrive.
WAITING = "redrive queue"
# No failure is larger; somebody else's object is not read whole.
MAX_UNSENT_BYTES = 1_048_576


class Look:
    """One look at all failures: about how many there are, and each that is meant, once."""

    def __init__(
        self,
        cloud: Deployment,
        wanted: Filter,
        until: datetime,
        stop: Callable[[], object],
        queues: dict[str, QueueLook],
    ) -> None:
        self._cloud = cloud
        self._bucket = cloud.outputs.response_bucket_name
        self._wanted = wanted
        self._until = until
        self._stop = stop
        self._queues = queues
        self._looked_at = 0
        self._codes: set[str] = set()
        # Stored events that could not be removed with their failures.
        self.not_removed = 0

    @property
    def depth(self) -> int:
        """About how many failures the queues hold."""
        return sum(queue.depth for queue in self._queues.values())

    @property
    def undeleted(self) -> int:
        """How many failures could not be deleted, since their hold had run out."""
        return sum(len(queue.undeleted) for queue in self._queues.values())

    def release(self) -> None:
        """Let go of all that is not to be deleted."""
        for queue in self._queues.values():
            queue.release()

    def delete_now(self) -> None:
        """Delete what is to be deleted."""
        for queue in self._queues.values():
            queue.delete_now()

    def held_by_others(self) -> int:
        """About how many failures somebody else looks at now."""
        failed = [queue for place, queue in self._queues.items() if place != WAITING]
        return sum(queue.held_by_others() for queue in failed)

    def waiting(self) -> int:
        """About how many events wait for their automatic redrive where nobody can look at them."""
        queue = self._queues.get(WAITING)
        return queue.delayed() + queue.held_by_others() if queue else 0

    def __iter__(self) -> Iterator[Failure]:
        """The failures that are meant, as they come: SQS knows no order."""
        for failure in self._all():
            self._looked_at += 1
            self._codes.add(str(failure.message["errorCode"]))
            if self._wanted.takes(failure):
                yield failure

    def queued(self) -> Iterator[Failure]:
        """Those of them that are in queues."""
        for place in self._queues:
            yield from filter(self._wanted.takes, self._queued(place))

    @property
    def has_any(self) -> bool:
        """Whether it has seen any failure, meant or not."""
        return bool(self._looked_at)

    @property
    def hidden(self) -> str:
        """What to say of failures that this look could not see; empty where it saw all."""
        hidden = sum(queue.hidden for queue in self._queues.values())
        count = min(self.held_by_others(), self.depth + hidden - self._looked_at)
        if count <= 0:
            return ""
        told = plural(count, "failure")
        return f"Somebody else looks at about {told}, or did until lately: look again in a while."

    @property
    def none(self) -> str:
        """What to say where none is meant."""
        if not self.has_any:
            return self.hidden or "No failures."
        told = f"None of {plural(self._looked_at, 'failure')} matches"
        hint = self._wanted.hint(self._codes)
        return f"{told}: {hint}" if hint else f"{told}."

    def again(self) -> Iterator[Failure]:
        """Those of them that could not be received before, being looked at by somebody else."""
        for place, queue in self._queues.items():
            if queue.receivable() or queue.held_by_others():
                yield from filter(self._wanted.takes, self._queued(place))

    def _all(self) -> Iterator[Failure]:
        for place in self._queues:
            yield from self._queued(place)
        yield from self._unsent()

    def _queued(self, place: str) -> Iterator[Failure]:
        for message in self._queues[place].messages():
            told = read_safely(message["Body"], sent(message), READ[place], message)
            yield self._failure(place, message, *told)
        self._queues[place].delete_now()

    def _failure(
        self, place: str, message: "MessageTypeDef", told: dict[str, Any], body: str | None
    ) -> Failure:
        def delete(deleted: Callable[[], object]) -> None:
            key = stored_event(told, self._bucket)

            def gone() -> None:
                deleted()
                if key:
                    self._remove(key)

            self._queues[place].delete(message["MessageId"], gone)

        message_id, since = message["MessageId"], sent(message)
        where = f"message {message_id} of the {place}"
        return Failure(message_id, place, where, told, since, delete, body)

    def _remove(self, key: str) -> None:
        try:
            self._cloud.s3.delete_object(Bucket=self._bucket, Key=key)
        except (BotoCoreError, ClientError, ValueError):
            self.not_removed += 1

    def _unsent(self) -> Iterator[Failure]:
        pages = self._cloud.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=UNSENT
        )
        for item in (item for page in pages for item in page.get("Contents", [])):
            key, since = item["Key"], item["LastModified"]
            name = key.removeprefix(UNSENT).removesuffix(".json")
            if self._stop():
                return
            if not name or since > self._until:
                continue
            try:
                told, body = self._read_unsent(key, since, item["Size"])
            except self._cloud.s3.exceptions.NoSuchKey:
                continue
            except ClientError as error:
                why = f"It cannot be read: {error.response['Error']['Code']}."
                told, body = unreadable("", since, why)

            def delete(deleted: Callable[[], object], key: str = key) -> None:
                self._cloud.s3.delete_object(Bucket=self._bucket, Key=key)
                deleted()

            yield Failure(name, "bucket", key, told, since, delete, body)

    def _read_unsent(
        self, key: str, since: datetime, size: int
    ) -> tuple[dict[str, Any], str | None]:
        if size > MAX_UNSENT_BYTES:
            return unreadable(f"{size} bytes at {key}", since)
        read = self._cloud.s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        body = read.decode(errors="replace")
        return read_safely(body, since, unsent, body, since)


READ: "dict[str, Callable[[MessageTypeDef], tuple[dict[str, Any], str | None]]]" = {
    "failure queue": failed_message,
    "dead-letter queue": dead_letter,
    WAITING: failed_message,
}


def read_safely(
    body: str, since: datetime, read: Callable[..., tuple[dict[str, Any], str | None]], *given: Any
) -> tuple[dict[str, Any], str | None]:
    """What is read from something given; whatever is wrong with it concerns it alone."""
    try:
        return read(*given)
    except Exception:
        return unreadable(body, since)


@contextmanager
def look(
    cloud: Deployment,
    wanted: Filter,
    until: datetime | None = None,
    stop: Callable[[], object] = lambda: False,
    with_waiting: bool = False,
) -> Iterator[Look]:
    """Look at the failures that are meant, of those that were kept `until` then, by default now.

    Each is hidden from others while the look lasts, and free again at its end unless deleted.
    `stop` is asked before each receive whether to end. `with_waiting` looks also at those whose
    automatic redrive is due.
    """
    until = until or now_of(cloud)
    urls = {
        "failure queue": cloud.outputs.failure_queue_url,
        "dead-letter queue": cloud.outputs.dead_letter_queue_url,
    }
    if with_waiting and cloud.outputs.redrive_queue_url:
        urls[WAITING] = cloud.outputs.redrive_queue_url
    with ExitStack() as ends:
        queues = {
            place: ends.enter_context(closing(QueueLook(cloud, url, until, stop)))
            for place, url in urls.items()
        }
        yield Look(cloud, wanted, until, stop, queues)


def now_of(cloud: Deployment) -> datetime:
    """What time it is where the queues are; messages tell theirs by that clock.

    The clock that is asked tells whole seconds, so that this one has passed by less than a second.
    """
    answer = cloud.sqs.get_queue_attributes(QueueUrl=cloud.outputs.failure_queue_url)
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(told) if told else datetime.now(UTC).replace(microsecond=0)
    return now + timedelta(seconds=1)
