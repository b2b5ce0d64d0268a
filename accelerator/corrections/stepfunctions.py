"""Step Functions: objects are put, paths are read, and what AWS refuses Express is refused."""

import json
from functools import cache
from threading import Lock
from typing import Any

from ministack import app
from ministack.core.responses import error_response_json
from ministack.services import stepfunctions

from accelerator.corrections import EMULATOR_READER

# What an execution can be started with (Step Functions quotas).
MAX_INPUT_BYTES = 262_144
NOT_FOR_EXPRESS = ("DescribeExecution", "GetExecutionHistory", "ListExecutions", "StopExecution")


def correct_put_object() -> None:
    """Let a state machine put objects: ministack has no S3 operation with a body."""
    dispatch = stepfunctions._dispatch_aws_sdk_rest_xml

    def put_object_too(info: Any, service: str, action: str, parameters: dict[str, Any]) -> Any:
        if (service, action) != ("s3", "putObject"):
            return dispatch(info, service, action, parameters)
        status, headers, body = app.call_service_handler_sync(
            app.SERVICE_HANDLERS["s3"],
            "PUT",
            f"/{parameters['Bucket']}/{parameters['Key']}",
            headers_of(parameters),
            json.dumps(parameters["Body"], ensure_ascii=False).encode(),
            {},
        )
        if status >= 300:
            raise stepfunctions._ExecutionError("S3.S3Exception", body.decode(errors="replace"))
        return {"ETag": {name.lower(): value for name, value in headers.items()}.get("etag")}

    stepfunctions._dispatch_aws_sdk_rest_xml = put_object_too


def headers_of(parameters: dict[str, Any]) -> dict[str, str]:
    """The headers of a PutObject, its user metadata among them (S3 API reference, "PutObject")."""
    told = {f"x-amz-meta-{name.lower()}": of for name, of in parameters.get("Metadata", {}).items()}
    return {"host": "s3", "content-type": parameters.get("ContentType", ""), **told}


def correct_paths() -> None:
    """Let one thread at a time read a path, and each path once.

    Ministack reads names in quotes with `ast`. Where two threads do so at once, that of Python
    before 3.11.8 can fail ("AST constructor recursion depth mismatch", python/cpython#106905), and
    the execution ends uncaught.
    """
    lock, read = Lock(), stepfunctions._parse_jsonpath_tokens

    @cache
    def read_alone(path: str) -> Any:
        with lock:
            return read(path)

    stepfunctions._parse_jsonpath_tokens = read_alone


def correct_start() -> None:
    """Refuse an input that is larger than a state can be; ministack starts with any."""
    start = stepfunctions._start_execution

    def start_unless_too_large(data: dict[str, Any]) -> Any:
        if len(data.get("input", "").encode()) > MAX_INPUT_BYTES:
            return error_response_json(
                "ValidationException",
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_INPUT_BYTES}",
            )
        return start(data)

    stepfunctions._start_execution = start_unless_too_large


def correct_express() -> None:
    """Refuse the histories of Express executions, which AWS does not keep, but to our reader.

    The API reference of each action: "This API action is not supported by EXPRESS state machines."
    """
    handle = stepfunctions.handle_request

    async def handle_strictly(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action in NOT_FOR_EXPRESS and EMULATOR_READER not in headers.get("user-agent", ""):
            asked = json.loads(body or b"{}")
            if is_express(asked):
                return refusal(action)
        return await handle(method, path, headers, body, query)

    stepfunctions.handle_request = handle_strictly


def is_express(asked: dict[str, Any]) -> bool:
    """Whether a request is about an Express state machine or an execution of one."""
    execution = stepfunctions._executions.get(asked.get("executionArn"))
    arn = execution["stateMachineArn"] if execution else asked.get("stateMachineArn")
    machine = stepfunctions._state_machines.get(arn)
    return bool(machine) and machine.get("type") == "EXPRESS"


def refusal(action: str) -> Any:
    """What AWS answers."""
    told = "This operation is not supported by this type of state machine"
    code = "StateMachineTypeNotSupported" if action == "ListExecutions" else "InvalidArn"
    return error_response_json(code, told)
