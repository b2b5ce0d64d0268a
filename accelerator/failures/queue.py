"""A look into a queue of any length: each message once, and none hidden for longer than it lasts.

SQS gives messages in no order, may give one again, and takes a receipt handle only while its hold
lasts (SQS developer guide, "Visibility timeout"; API reference of ChangeMessageVisibility).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from accelerator.cloud import Cloud

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# How long a message that is looked at is hidden from others, should this process be killed; longer
# where there are so many that the look itself takes longer.
HOLD_SECONDS = 120
MESSAGES_A_SECOND = 50
# A hold is made longer when so much of it is left.
RENEWED_AT = 1 / 3
# Long enough that SQS asks all of its servers before it says that a queue is empty.
WAIT_SECONDS = 1
BATCH = 10
# So many messages that are not looked for, in a row, end a look: others may come for ever. A
# receive that was not filled counts as if it had been, ten times over: there is hardly more.
BARREN_MESSAGES = 1000


class Hold(NamedTuple):
    """The latest receipt handle of a message, and until when it is good (monotonic seconds)."""

    handle: str
    until: float


class QueueLook:
    """One look at what was sent to a queue `until` then; None is any time.

    What is not deleted is free again once it is closed.
    """

    def __init__(self, cloud: Cloud, url: str, until: datetime | None) -> None:
        self._sqs = cloud.sqs
        self._url = url
        self._until = until
        self.depth = queue_depth(cloud, url)
        self._hold_seconds = max(HOLD_SECONDS, self.depth // MESSAGES_A_SECOND)
        self._seen: set[str] = set()
        # The first to run out come first.
        self._held: OrderedDict[str, Hold] = OrderedDict()
        self._deleting: dict[str, Callable[[], object]] = {}

    def messages(self) -> Iterator["MessageTypeDef"]:
        """The messages that there are to be received, each once."""
        barren = 0
        while barren < BARREN_MESSAGES:
            received = self._receive()
            if not received:
                return
            new = [message for message in received if self._is_looked_for(message)]
            barren = 0 if new else barren + BATCH * (1 if len(received) == BATCH else 10)
            for message in new:
                self._seen.add(message["MessageId"])
                self._renew()
                yield message

    def _is_looked_for(self, message: "MessageTypeDef") -> bool:
        is_new = message["MessageId"] not in self._seen
        return is_new and (self._until is None or sent(message) <= self._until)

    def delete(self, message_id: str, deleted: Callable[[], object]) -> None:
        """Delete a message, ten at a time; `deleted` is called once it is."""
        self._deleting[message_id] = deleted
        if len(self._deleting) == BATCH:
            self._delete_now()

    def close(self) -> None:
        """Delete what is to be deleted, and let go of all other messages."""
        self._delete_now()
        held, self._held = self._held, OrderedDict()
        for some in batches(held):
            self._change_visibility(some, 0)

    def _receive(self) -> "list[MessageTypeDef]":
        received = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=self._hold_seconds,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        for message in received:
            self._hold(message["MessageId"], message["ReceiptHandle"])
        return received

    def _hold(self, message_id: str, handle: str) -> None:
        self._held[message_id] = Hold(handle, time.monotonic() + self._hold_seconds)
        self._held.move_to_end(message_id)

    def _renew(self) -> None:
        """Make those holds longer that soon run out."""
        soon = time.monotonic() + self._hold_seconds * RENEWED_AT
        while self._held and next(iter(self._held.values())).until < soon:
            some = dict(list(self._held.items())[:BATCH])
            self._change_visibility(some, self._hold_seconds)
            for message_id, hold in some.items():
                self._hold(message_id, hold.handle)

    def _change_visibility(self, held: dict[str, Hold], seconds: int) -> None:
        """Hold messages for so long from now on; one whose hold has run out is free already."""
        entries: Any = [
            {"Id": str(n), "ReceiptHandle": hold.handle, "VisibilityTimeout": seconds}
            for n, hold in enumerate(held.values())
        ]
        self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def _delete_now(self) -> None:
        """Delete in one call; a message whose hold has run out stays, for the next look."""
        deleting, self._deleting = self._deleting, {}
        if not deleting:
            return
        held = [(message_id, self._held.pop(message_id)) for message_id in deleting]
        entries: Any = [
            {"Id": str(n), "ReceiptHandle": hold.handle} for n, (_, hold) in enumerate(held)
        ]
        done = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        for each in done["Successful"]:
            deleting[held[int(each["Id"])][0]]()


def batches(held: OrderedDict[str, Hold]) -> Iterator[dict[str, Hold]]:
    """Holds in batches that one call takes."""
    items = list(held.items())
    for start in range(0, len(items), BATCH):
        yield dict(items[start : start + BATCH])


def sent(message: "MessageTypeDef") -> datetime:
    """When a message was sent."""
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)


def queue_depth(cloud: Cloud, url: str) -> int:
    """About how many messages of a queue can be received."""
    name: Any = "ApproximateNumberOfMessages"
    told = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(told["Attributes"][name])
