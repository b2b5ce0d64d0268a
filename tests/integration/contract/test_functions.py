"""What the local cloud's functions need, and ministack lacks."""

import io
import os
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from accelerator.corrections.functions import (
    correct_credentials,
    correct_exceptions,
    correct_invoke,
)

# What ministack's killed processes leave open.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Worker:
    """A worker of a function, without its process."""

    running = 0
    most_running = 0
    lock = threading.Lock()
    may_end = threading.Event()

    def invoke(self, *_: Any, **__: Any) -> dict[str, Any]:
        with self.lock:
            Worker.running += 1
            Worker.most_running = max(Worker.most_running, Worker.running)
        self.may_end.wait(5)
        with self.lock:
            Worker.running -= 1
        return {"status": "ok", "result": {"raised": {"errorType": "ApiThrottled"}}}


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> type[Worker]:
    monkeypatch.setattr(lambda_svc, "acquire_worker", lambda *_, **__: (Worker(), "spawn"))
    monkeypatch.setattr(lambda_svc, "release_worker", lambda _: None)
    monkeypatch.setattr(lambda_svc, "_ensure_reaper_thread", lambda: None)
    Worker.running = Worker.most_running = 0
    Worker.may_end.clear()
    return Worker


def execute() -> dict[str, Any]:
    function = {"config": {"FunctionName": "query"}, "code_zip": b"zip"}
    result: dict[str, Any] = lambda_svc._execute_function_warm(function, {}, "id")
    return result


def execute_many(workers: type[Worker], count: int, running: int) -> int:
    """How many of `count` invocations at once run at once, seen when `running` do."""
    threads = [threading.Thread(target=execute) for _ in range(count)]
    for thread in threads:
        thread.start()
    for _ in range(1000):
        if workers.running >= running:
            break
        threading.Event().wait(0.005)
    workers.may_end.set()
    for thread in threads:
        thread.join()
    return workers.most_running


FUNCTION = """
import os

class ApiThrottled(Exception):
    pass

def handler(event, context):
    if event["raise"]:
        raise ApiThrottled("too many")
    return os.environ[event["variable"]] if "variable" in event else os.getpid()
"""


@pytest.fixture
def function() -> Iterator[Callable[..., dict[str, Any]]]:
    """A function of ministack's that returns its process id or a variable's value, or raises."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("code.py", FUNCTION)
    config = {
        "FunctionName": f"raise-{uuid.uuid4()}",
        "Handler": "code.handler",
        "Runtime": "python3.11",
        "Timeout": 10,
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:raise",
    }

    def invoke(raises: bool, **event: Any) -> dict[str, Any]:
        record = {"config": config, "code_zip": code.getvalue()}
        event["raise"] = raises
        result: dict[str, Any] = lambda_svc._execute_function_warm(record, event, "id")
        return result

    yield invoke
    lambda_runtime.invalidate_worker(config["FunctionName"])


def test_ministack_ends_a_function_that_raises_and_does_not_name_the_exception(
    function: Callable[[bool], dict[str, Any]],
) -> None:
    before = function(False)["body"]
    assert function(True)["body"]["errorType"] == "Runtime.HandlerError"
    assert function(False)["body"] != before


def test_corrected_a_function_that_raises_lives_and_its_exception_is_named(
    function: Callable[[bool], dict[str, Any]],
) -> None:
    correct_exceptions()
    correct_invoke()
    before = function(False)["body"]
    raised = function(True)
    assert raised["error"]
    assert raised["body"] == {"errorType": "ApiThrottled", "errorMessage": "too many"}
    assert function(False)["body"] == before


def test_ministack_gives_functions_the_account_as_their_key(
    function: Callable[..., dict[str, Any]],
) -> None:
    assert function(False, variable="AWS_ACCESS_KEY_ID")["body"] == "000000000000"


def test_corrected_functions_have_the_key_of_the_run(
    function: Callable[..., dict[str, Any]],
) -> None:
    correct_credentials()
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert function(False, variable=variable)["body"] == os.environ[variable]


def test_ministack_runs_every_invocation_at_once(workers: type[Worker]) -> None:
    assert execute_many(workers, 12, running=12) == 12


def test_corrected_a_function_has_four_processes(workers: type[Worker]) -> None:
    correct_invoke()
    assert execute_many(workers, 12, running=4) == 4
