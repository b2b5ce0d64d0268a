"""A look into a queue of any length: each message once, and none hidden for longer than it lasts.

SQS gives messages in no order, may give one again, and takes a receipt handle only while its hold
lasts (SQS developer guide, "Visibility timeout"; API reference of ChangeMessageVisibility).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from accelerator.deployment import Deployment
from accelerator.processes import interrupts_deferred

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# How long a message that is looked at is hidden from others, should this process be killed; longer
# where there are so many that renewing all of them would take as long.
HOLD_SECONDS = 30
MESSAGES_A_SECOND = 50
MOST_HOLD_SECONDS = 3600
# A hold is made longer when so much of it is left.
RENEWED_AT = 1 / 2
RENEWAL_SECONDS = 1.0
# Long enough that SQS asks all of its servers before it says that a queue is empty.
WAIT_SECONDS = 1
BATCH = 10
# So many messages that are not looked for, in a row, end a look: others may come for ever. A
# receive that was not filled counts as if it had been, ten times over: there is hardly more.
BARREN_MESSAGES = 500


class Hold(NamedTuple):
    """The latest receipt handle of a message, and until when it is good (monotonic seconds)."""

    handle: str
    until: float


class QueueLook:
    """One look at what was sent to a queue `until` then.

    While it lasts, a thread renews its holds. What is not deleted is free again once it is closed.
    """

    def __init__(
        self, cloud: Deployment, url: str, until: datetime, stop: Callable[[], object]
    ) -> None:
        self._sqs = cloud.sqs
        self._url = url
        self._until = until
        self._stop = stop
        # What can be received, and what somebody else looks at, as this begins.
        self.depth, self.hidden, _ = self._counts()
        hold = max(HOLD_SECONDS, self.depth // MESSAGES_A_SECOND)
        self._hold_seconds = min(hold, MOST_HOLD_SECONDS)
        self._seen: set[str] = set()
        # The first to run out come first.
        self._held: OrderedDict[str, Hold] = OrderedDict()
        self._deleting: dict[str, Callable[[], object]] = {}
        # Those whose hold had run out when they were to be deleted.
        self.undeleted: dict[str, Callable[[], object]] = {}
        self._gone: set[str] = set()
        self._lock = threading.RLock()
        self._closed = threading.Event()
        threading.Thread(target=self._keep_renewing, daemon=True).start()

    def messages(self) -> Iterator["MessageTypeDef"]:
        """The messages that there are to be received, each once."""
        barren = 0
        while barren < BARREN_MESSAGES and not self._stop():
            received = self._receive()
            if not received:
                return
            new = [message for message in received if self._is_looked_for(message)]
            barren = 0 if new else barren + BATCH * (1 if len(received) == BATCH else 10)
            for message in new:
                self._seen.add(message["MessageId"])
                yield message

    def receivable(self) -> int:
        """About how many messages nobody looks at now."""
        visible, *_ = self._counts()
        return visible

    def held_by_others(self) -> int:
        """About how many messages somebody else looks at now."""
        _, hidden, _ = self._counts()
        return max(0, hidden - len(self._held))

    def delayed(self) -> int:
        """About how many messages nobody can look at yet."""
        *_, delayed = self._counts()
        return delayed

    def delete(self, message_id: str, deleted: Callable[[], object]) -> None:
        """Delete a message, ten at a time; `deleted` is called once it is."""
        with self._lock:
            self._deleting[message_id] = deleted
            if len(self._deleting) >= BATCH:
                self.delete_now()

    def delete_now(self) -> None:
        """Delete what is to be deleted; what cannot be is free again at the end."""
        with self._lock:
            deleting, self._deleting = self._deleting, {}
            names = list(deleting)
            for start in range(0, len(names), BATCH):
                self._delete(names[start : start + BATCH], deleting)

    def close(self) -> None:
        """Delete what is to be deleted, and let go of all other messages."""
        self._closed.set()
        problems: list[Exception] = []
        with interrupts_deferred():
            self._try(self.delete_now, problems)
            self._try(self.release, problems)
        if problems:
            raise problems[0]

    def release(self) -> None:
        """Let go of all messages that are not to be deleted, whatever becomes of each call."""
        problems: list[Exception] = []
        with self._lock:
            names = [name for name in self._held if name not in self._deleting]
            for start in range(0, len(names), BATCH):
                some = names[start : start + BATCH]
                self._try(lambda some=some: self._change_visibility(some, 0), problems)  # type: ignore[misc]
            for name in names:
                del self._held[name]
        if problems:
            raise problems[0]

    @staticmethod
    def _try(call: Callable[[], object], problems: list[Exception]) -> None:
        try:
            call()
        except (BotoCoreError, ClientError) as error:
            problems.append(error)

    def _counts(self) -> tuple[int, int, int]:
        """About how many messages can be received, are held by anybody, and are delayed."""
        names: Any = [
            f"ApproximateNumberOfMessages{each}" for each in ("", "NotVisible", "Delayed")
        ]
        told: Any = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        visible, hidden, delayed = (int(told["Attributes"][name]) for name in names)
        return visible, hidden, delayed

    def _is_looked_for(self, message: "MessageTypeDef") -> bool:
        is_new = message["MessageId"] not in self._seen
        return is_new and sent(message) <= self._until

    def _receive(self) -> "list[MessageTypeDef]":
        received = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=self._hold_seconds,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        with self._lock:
            for message in received:
                message_id = message["MessageId"]
                self._hold(message_id, message["ReceiptHandle"])
                if message_id in self._gone:  # SQS may give a message again after its deletion
                    self._deleting[message_id] = nothing
                elif deleted := self.undeleted.pop(message_id, None):
                    self._deleting[message_id] = deleted
        return received

    def _hold(self, message_id: str, handle: str) -> None:
        self._held[message_id] = Hold(handle, time.monotonic() + self._hold_seconds)
        self._held.move_to_end(message_id)

    def _keep_renewing(self) -> None:
        while not self._closed.wait(RENEWAL_SECONDS):
            self._try(self.renew, [])

    def renew(self) -> None:
        """Make those holds longer that soon run out."""
        with self._lock:
            soon = time.monotonic() + self._hold_seconds * RENEWED_AT
            names = [name for name, hold in self._held.items() if hold.until < soon]
            for start in range(0, len(names), BATCH):
                some = names[start : start + BATCH]
                self._change_visibility(some, self._hold_seconds)
                for name in some:
                    self._hold(name, self._held[name].handle)

    def _change_visibility(self, names: list[str], seconds: int) -> None:
        """Hold messages for so long from now on; one whose hold has run out is free already."""
        entries: Any = [
            {"Id": str(n), "ReceiptHandle": self._held[name].handle, "VisibilityTimeout": seconds}
            for n, name in enumerate(names)
        ]
        self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def _delete(self, names: list[str], deleted: dict[str, Callable[[], object]]) -> None:
        entries: Any = [
            {"Id": str(n), "ReceiptHandle": self._held[name].handle} for n, name in enumerate(names)
        ]
        self.undeleted |= {name: deleted[name] for name in names}
        done = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        gone = [names[int(each["Id"])] for each in done["Successful"]]
        for name in gone:
            del self._held[name], self.undeleted[name]
        self._gone.update(gone)
        for name in gone:
            deleted[name]()


def nothing() -> None:
    """What is left to do once a message is gone for which everything has been done."""


def sent(message: "MessageTypeDef") -> datetime:
    """When a message was sent."""
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
