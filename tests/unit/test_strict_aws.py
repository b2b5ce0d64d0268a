"""Each strictness of the stand-in for AWS is still needed, and refuses what AWS refuses.

The tests of what moto takes fail when it gains a strictness: remove it from tests/harness/aws.py.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws  # noqa: TID251

from accelerator.corrections import EMULATOR_READER
from tests.harness.aws import strict_aws

pytestmark = pytest.mark.slow

PARTNER = "aws.partner/buywithprime/shop"


@pytest.fixture(params=[mock_aws, strict_aws])
def strict(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Moto as it comes, and made strict."""
    stand_in: Callable[[], AbstractContextManager[Any]] = request.param
    with stand_in():
        yield stand_in is strict_aws


def refusal(call: Callable[[], Any]) -> str | None:
    """The error code that a call is refused with."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


class Held:
    """A message that was received twice: the first handle is stale, and so is one let go."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.url = self.sqs.create_queue(QueueName="failures")["QueueUrl"]
        self.sqs.send_message(QueueUrl=self.url, MessageBody="one")
        self.stale = self.receive(0)
        self.good = self.receive(30)

    def receive(self, seconds: int) -> str:
        received = self.sqs.receive_message(QueueUrl=self.url, VisibilityTimeout=seconds)
        return received["Messages"][0]["ReceiptHandle"]

    def release(self, handle: str) -> str | None:
        arguments: Any = {"QueueUrl": self.url, "ReceiptHandle": handle, "VisibilityTimeout": 0}
        return refusal(lambda: self.sqs.change_message_visibility(**arguments))

    def delete(self, handle: str) -> str | None:
        arguments = {"QueueUrl": self.url, "ReceiptHandle": handle}
        return refusal(lambda: self.sqs.delete_message(**arguments))

    def batch(self, action: str, **fields: Any) -> tuple[int, list[str]]:
        """How many entries an action on the stale and the good handle took, and its errors."""
        entries = [
            {"Id": str(n), "ReceiptHandle": handle} | fields
            for n, handle in enumerate((self.stale, self.good))
        ]
        done = getattr(self.sqs, action)(QueueUrl=self.url, Entries=entries)
        return len(done["Successful"]), [each["Code"] for each in done.get("Failed", [])]


def test_a_handle_is_stale_once_another_receive_gave_a_new_one(strict: bool) -> None:
    held = Held()
    expected = "InvalidParameterValue" if strict else None
    assert held.release(held.stale) == expected
    assert held.delete(held.stale) == expected


def test_a_handle_is_stale_once_its_message_was_released(strict: bool) -> None:
    held = Held()
    assert held.release(held.good) is None
    assert held.release(held.good) == ("InvalidParameterValue" if strict else None)


def test_a_good_handle_is_taken(strict: bool) -> None:
    held = Held()
    assert held.release(held.good) is None
    held.good = held.receive(30)
    assert held.delete(held.good) is None
    assert held.delete(held.good) is None


@pytest.mark.parametrize(
    ("action", "fields"),
    [("delete_message_batch", {}), ("change_message_visibility_batch", {"VisibilityTimeout": 9})],
)
def test_a_batch_refuses_the_stale_alone(strict: bool, action: str, fields: Any) -> None:
    done, failed = Held().batch(action, **fields)
    assert (done, failed) == ((1, ["InvalidParameterValue"]) if strict else (2, []))


def test_a_partner_bus_takes_no_put_events(strict: bool) -> None:
    entry: Any = {"Source": "shop", "DetailType": "x", "Detail": "{}", "EventBusName": PARTNER}
    put = boto3.client("events").put_events
    # Moto knows no bus of that name, and says so in another way.
    assert (refusal(lambda: put(Entries=[entry])) == "ValidationException") == strict


def test_a_source_of_aws_is_refused(strict: bool) -> None:
    entries: Any = [
        {"Source": source, "DetailType": "x", "Detail": "{}"} for source in ("aws.shop", "shop")
    ]
    foreign, good = boto3.client("events").put_events(Entries=entries)["Entries"]
    assert "EventId" in good
    assert ("ErrorCode" in foreign) == strict


def refusals(machine_type: Any, config: Config | None = None) -> list[str | None]:
    """What becomes of each question about the past of an execution."""
    sfn = boto3.client("stepfunctions", config=config)
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    role = "arn:aws:iam::123456789012:role/any"
    machine = sfn.create_state_machine(
        name=machine_type, definition=json.dumps(definition), roleArn=role, type=machine_type
    )["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    return [
        refusal(lambda: sfn.list_executions(stateMachineArn=machine)),
        refusal(lambda: sfn.describe_execution(executionArn=execution)),
        refusal(lambda: sfn.get_execution_history(executionArn=execution)),
    ]


def test_the_past_of_express_executions_is_told_to_the_emulators_reader_alone(strict: bool) -> None:
    told: list[str | None] = [None, None, None]
    refused = ["StateMachineTypeNotSupported", "InvalidArn", "InvalidArn"]
    assert refusals("EXPRESS") == (refused if strict else told)
    assert refusals("STANDARD") == told
    assert refusals("EXPRESS", Config(user_agent_extra=EMULATOR_READER)) == told
