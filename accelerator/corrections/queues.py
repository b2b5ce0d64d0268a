"""SQS: no message is lost between threads, and handles go stale."""

import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge, sqs

# Whatever reads or replaces a queue's list of messages.
OF_MESSAGES = (
    *("_act_send_message", "_act_send_message_batch"),
    *("_act_delete_message", "_act_delete_message_batch", "_act_purge_queue"),
    *("_act_change_visibility", "_act_change_visibility_batch", "_act_get_queue_attributes"),
    *("_expire_retained", "_dlq_sweep", "_collect_msgs"),
)
NOT_AVAILABLE = "Reason: Message does not exist or is not available for visibility timeout change."
EXPIRED = "Reason: The receipt handle has expired."


def correct_lost_messages() -> None:
    """Let one thread at a time touch the messages of queues.

    A deletion or a sweep for dead letters replaces a queue's list by a copy; what an execution
    sends in the meantime, in its own thread, is gone.
    """
    lock = sqs._queues_lock = threading.RLock()

    def locked(call: Callable[..., Any]) -> Callable[..., Any]:
        def call_alone(*arguments: Any) -> Any:
            with lock:
                return call(*arguments)

        return call_alone

    for name in OF_MESSAGES:
        replace(name, locked(getattr(sqs, name)))
    eventbridge._dispatch_to_sqs = locked(eventbridge._dispatch_to_sqs)


def correct_stale_handles() -> None:
    """Refuse a receipt handle once its hold has run out; ministack takes the latest for ever.

    (aws/aws-sdk and mapbox/ecs-watchbot#135: "not available for visibility timeout change".)
    """
    wrap("_act_delete_message", EXPIRED)
    wrap("_act_change_visibility", NOT_AVAILABLE)
    wrap_batch("_act_delete_message_batch", EXPIRED)
    wrap_batch("_act_change_visibility_batch", NOT_AVAILABLE)


def wrap(name: str, reason: str) -> None:
    """Check the handle before an action."""
    act = getattr(sqs, name)

    def act_strictly(data: dict[str, Any], url: str) -> Any:
        handle = data.get("ReceiptHandle", "")
        if is_stale(data.get("QueueUrl", url), handle):
            raise sqs._Err("InvalidParameterValue", told(handle, reason))
        return act(data, url)

    replace(name, act_strictly)


def wrap_batch(name: str, reason: str) -> None:
    """Check the handle of each entry before an action, which then takes the others."""
    act = getattr(sqs, name)

    def act_strictly(data: dict[str, Any], url: str) -> Any:
        entries = data.get("Entries", [])
        queue = data.get("QueueUrl", url)
        stale = [each for each in entries if is_stale(queue, each.get("ReceiptHandle", ""))]
        good = [each for each in entries if each not in stale]
        result = act(data | {"Entries": good}, url) if good or not stale else {"Successful": []}
        failed = [
            {
                "Id": each["Id"],
                "Code": "InvalidParameterValue",
                "Message": told(each["ReceiptHandle"], reason),
                "SenderFault": True,
            }
            for each in stale
        ]
        return result | {"Failed": [*result.get("Failed", []), *failed]}

    replace(name, act_strictly)


def is_stale(url: str, handle: str) -> bool:
    """Whether a handle was of a message whose hold has run out since."""
    messages = sqs._get_q(url)["messages"]
    held = next((each for each in messages if each.get("receipt_handle") == handle), None)
    return held is not None and held["visible_at"] <= time.time()


def told(handle: str, reason: str) -> str:
    """What SQS says of a stale handle."""
    return f"Value {handle} for parameter ReceiptHandle is invalid. {reason}"


def replace(name: str, action: Callable[..., Any]) -> None:
    """Put an action in a function's place, in the module and in its table of actions."""
    original = getattr(sqs, name)
    setattr(sqs, name, action)
    for api_name, handler in sqs._HANDLERS.items():
        if handler is original:
            sqs._HANDLERS[api_name] = action
