"""What the local cloud's Step Functions needs, and ministack lacks or takes too kindly."""

import ast
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from ministack import app
from ministack.services import stepfunctions

from accelerator.corrections import EMULATOR_READER
from accelerator.corrections.stepfunctions import (
    MAX_INPUT_BYTES,
    correct_express,
    correct_paths,
    correct_put_object,
    correct_start,
)
from tests.harness.environment import PATIENCE_SECONDS
from tests.integration.contract.conftest import answer, new_state_machine, run

PUT = {
    "Bucket": "b",
    "Key": "a/b c.json",
    "Body": {"x": 1},
    "ContentType": "application/json",
    "Metadata": {"event-id": "one"},
}


def put_object() -> Any:
    info = stepfunctions._AWS_SDK_SERVICE_MAP["s3"]
    with ThreadPoolExecutor(1) as thread:
        dispatch = stepfunctions._dispatch_aws_sdk_rest_xml
        return thread.submit(dispatch, info, "s3", "putObject", PUT).result()


def test_ministack_cannot_put_objects_from_a_state_machine() -> None:
    with pytest.raises(stepfunctions._ExecutionError, match="not yet implemented"):
        put_object()


def test_corrected_an_object_is_put_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[Any] = []

    async def s3(*request: Any) -> tuple[int, dict[str, str], bytes]:
        requests.append(request)
        return (200, {"ETag": "e"}, b"") if len(requests) == 1 else (404, {}, b"NoSuchBucket")

    monkeypatch.setitem(app.SERVICE_HANDLERS, "s3", s3)
    correct_put_object()
    assert put_object() == {"ETag": "e"}
    ((method, path, headers, body, _),) = requests
    assert (method, path, body) == ("PUT", "/b/a/b c.json", b'{"x": 1}')
    assert headers["content-type"] == "application/json"
    assert headers["x-amz-meta-event-id"] == "one"
    with pytest.raises(stepfunctions._ExecutionError, match="NoSuchBucket") as raised:
        put_object()
    assert raised.value.error == "S3.S3Exception"


def two_threads_read_names(monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[Any]:
    """What two threads read of paths, if both are in `ast` at once, which 3.11.7's cannot bear."""
    both = Barrier(2, timeout=seconds)

    def literal(text: str) -> Any:
        both.wait()
        return ast.literal_eval(text)

    monkeypatch.setattr(stepfunctions, "ast", type("Ast", (), {"literal_eval": literal}))
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(stepfunctions._parse_jsonpath_tokens, ("$['a']", "$['b']")))


def test_ministack_reads_paths_in_two_threads_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = two_threads_read_names(monkeypatch, PATIENCE_SECONDS)
    assert read == [[("field", "a")], [("field", "b")]]


def test_corrected_one_thread_reads_a_path_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    correct_paths()
    with pytest.raises(BrokenBarrierError):
        two_threads_read_names(monkeypatch, 0.2)
    monkeypatch.undo()
    assert stepfunctions._resolve_path("$['a b'].c[1]", {"a b": {"c": [1, 2]}}) == 2


TOO_LARGE = json.dumps("x" * (MAX_INPUT_BYTES - 1))


def start(arn: str, told: str) -> tuple[int, dict[str, Any]]:
    return answer(stepfunctions._start_execution({"stateMachineArn": arn, "input": told}))


def test_ministack_starts_with_an_input_of_any_size() -> None:
    assert start(new_state_machine(), TOO_LARGE)[0] == 200


def test_corrected_an_input_larger_than_a_state_is_refused() -> None:
    correct_start()
    arn = new_state_machine()
    status, told = start(arn, TOO_LARGE)
    assert (status, told["__type"]) == (400, "ValidationException")
    assert start(arn, TOO_LARGE[1:])[0] == 200
    # Bytes count, not characters.
    assert start(arn, "é" * (MAX_INPUT_BYTES // 2 + 1))[0] == 400


def request(action: str, data: dict[str, Any], agent: str = "Boto3") -> tuple[int, dict[str, Any]]:
    headers = {"x-amz-target": f"AWSStepFunctions.{action}", "user-agent": agent}
    asked = stepfunctions.handle_request("POST", "/", headers, json.dumps(data).encode(), {})
    return answer(run(asked))


def histories(machine_type: str, agent: str = "Boto3") -> list[str]:
    """What becomes of each question about the past of an execution."""
    machine = new_state_machine(machine_type)
    _, started = start(machine, "{}")
    execution = {"executionArn": started["executionArn"]}
    asked = [
        request("ListExecutions", {"stateMachineArn": machine}, agent),
        *(
            request(action, execution, agent)
            for action in ("GetExecutionHistory", "DescribeExecution")
        ),
    ]
    return [told.get("__type", "") for _, told in asked]


def test_ministack_tells_the_past_of_express_executions() -> None:
    assert histories("EXPRESS") == ["", "", ""]


def test_corrected_it_tells_them_to_the_emulators_reader_alone() -> None:
    correct_express()
    assert histories("EXPRESS") == ["StateMachineTypeNotSupported", "InvalidArn", "InvalidArn"]
    assert histories("EXPRESS", f"Boto3 {EMULATOR_READER}") == ["", "", ""]
    assert histories("STANDARD") == ["", "", ""]
