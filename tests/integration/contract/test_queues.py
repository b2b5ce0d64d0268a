"""What the local cloud's SQS needs, and ministack lacks or takes too kindly."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import sqs

from accelerator.corrections.queues import correct_lost_messages, correct_stale_handles
from tests.integration.contract.conftest import act, messages, new_queue, run


class SentMeanwhile(list[Any]):
    """A queue's messages; once they have been read, another thread sends one more."""

    def __init__(self, url: str) -> None:
        super().__init__(messages(url))
        self._send = threading.Thread(
            target=lambda: act("SendMessage", url, MessageBody="sent meanwhile")
        )

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()
        if self._send.ident is None:
            self._send.start()
            # As long as it takes, or for ever where it has to wait for who reads.
            self._send.join(0.2)

    def wait(self) -> None:
        self._send.join()


def sent_while_deleting() -> list[str]:
    """The bodies in a queue, to which one was sent while another was deleted."""
    url = new_queue()
    act("SendMessage", url, MessageBody="to be deleted")
    ((deleted,),) = [receive(url)]
    read = sqs._get_q(url)["messages"] = SentMeanwhile(url)
    sqs._delete_messages_for_esm(url, {deleted})
    read.wait()
    return [message["body"] for message in messages(url)]


def receive(url: str, seconds: int = 30) -> list[str]:
    """The handles of up to ten messages."""
    asked = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": seconds}
    received = run(sqs._act_receive_message(asked, url))
    return [message["ReceiptHandle"] for message in received["Messages"]]


def test_ministack_loses_what_is_sent_while_a_function_has_messages_deleted() -> None:
    assert sent_while_deleting() == []


def test_corrected_it_is_kept() -> None:
    correct_lost_messages()
    assert sent_while_deleting() == ["sent meanwhile"]


def stale_and_good() -> tuple[str, str, str]:
    """A queue, the handle of a message whose hold has run out, and that of one that is held."""
    url = new_queue()
    act("SendMessage", url, MessageBody="stale")
    (stale,) = receive(url, seconds=30)
    act("SendMessage", url, MessageBody="good")
    (good,) = receive(url, seconds=30)
    messages(url)[0]["visible_at"] = 0
    return url, stale, good


SINGLE: Any = [("DeleteMessage", {}), ("ChangeMessageVisibility", {"VisibilityTimeout": 0})]


@pytest.mark.parametrize(("action", "data"), SINGLE)
def test_ministack_takes_stale_handles(action: str, data: dict[str, Any]) -> None:
    url, stale, _ = stale_and_good()
    act(action, url, ReceiptHandle=stale, **data)


@pytest.mark.parametrize(("action", "data"), SINGLE)
def test_corrected_stale_handles_are_refused(action: str, data: dict[str, Any]) -> None:
    correct_stale_handles()
    url, stale, good = stale_and_good()
    with pytest.raises(sqs._Err) as raised:
        act(action, url, ReceiptHandle=stale, **data)
    assert raised.value.code == "InvalidParameterValue"
    act(action, url, ReceiptHandle=good, **data)


@pytest.mark.parametrize(("action", "data"), SINGLE)
def test_corrected_a_batch_takes_the_good_and_names_the_stale(
    action: str, data: dict[str, Any]
) -> None:
    correct_stale_handles()
    url, stale, good = stale_and_good()
    entries = [
        {"Id": name, "ReceiptHandle": handle} | data
        for name, handle in (("stale", stale), ("good", good))
    ]
    done = act(f"{action}Batch", url, Entries=entries)
    assert done["Successful"] == [{"Id": "good"}]
    (failed,) = done["Failed"]
    assert (failed["Id"], failed["Code"]) == ("stale", "InvalidParameterValue")
    only = act(f"{action}Batch", url, Entries=entries[:1])
    assert not only["Successful"]
    assert len(only["Failed"]) == 1
