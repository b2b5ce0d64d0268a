"""Each correction of the launcher is still needed, and does what it is for.

In each file, the tests of what ministack does fail when it gains a behaviour itself: remove the
correction then.
"""

import asyncio
import json
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ministack import app
from ministack.core import lambda_runtime
from ministack.services import cloudwatch_logs, eventbridge, lambda_svc, sqs, stepfunctions

MODULES = (app, cloudwatch_logs, eventbridge, lambda_runtime, lambda_svc, sqs, stepfunctions)


@pytest.fixture(autouse=True)
def ministack_as_it_came() -> Iterator[None]:
    """Take back each test's corrections."""
    modules = [(module, dict(vars(module))) for module in MODULES]
    actions = dict(sqs._HANDLERS)
    yield
    for module, names in modules:
        vars(module).update(names)
    sqs._HANDLERS.update(actions)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine, whatever event loop this thread may have already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def answer(response: tuple[int, Any, bytes]) -> tuple[int, dict[str, Any]]:
    """The status and the body of what a service's function returns."""
    status, _, body = response
    return status, json.loads(body)


def new_state_machine(machine_type: str = "EXPRESS") -> str:
    """The ARN of a state machine that succeeds at once."""
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    _, made = answer(
        stepfunctions._create_state_machine(
            {
                "name": f"machine-{uuid.uuid4()}",
                "definition": json.dumps(definition),
                "roleArn": "arn:aws:iam::000000000000:role/any",
                "type": machine_type,
            }
        )
    )
    arn: str = made["stateMachineArn"]
    return arn


def new_queue() -> str:
    """The URL of a queue."""
    url: str = sqs._act_create_queue({"QueueName": f"queue-{uuid.uuid4()}"}, "")["QueueUrl"]
    return url


def act(action: str, url: str, **data: Any) -> dict[str, Any]:
    """The result of an action on a queue, by its name in the API."""
    result: dict[str, Any] = sqs._HANDLERS[action]({"QueueUrl": url} | data, url)
    return result


def messages(url: str) -> list[dict[str, Any]]:
    """What is in a queue, received or not."""
    found: list[dict[str, Any]] = sqs._get_q(url)["messages"]
    return found
