"""Starts ministack, the embedded local cloud, with what it lacks for this product.

Each correction has a contract test (tests/integration/test_ministack_contract.py) that fails when
ministack gains the behaviour itself, so that the correction is then removed.
"""

import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.services import lambda_svc, stepfunctions

PROCESSES_A_FUNCTION = 4
TRACEBACK_END = re.compile(r"^(?:\w+\.)*(\w+)(?::|$)", re.MULTILINE)


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
            {"host": "s3", "content-type": parameters.get("ContentType", "")},
            json.dumps(parameters["Body"], ensure_ascii=False).encode(),
            {},
        )
        if status >= 300:
            raise stepfunctions._ExecutionError("S3.S3Exception", body.decode(errors="replace"))
        return {"ETag": {name.lower(): value for name, value in headers.items()}.get("etag")}

    stepfunctions._dispatch_aws_sdk_rest_xml = put_object_too


def correct_invoke() -> None:
    """Report the class of a function's exception, and bound the processes of each function."""
    execute = lambda_svc._execute_function_warm
    slots: dict[str, threading.Semaphore] = defaultdict(
        lambda: threading.Semaphore(PROCESSES_A_FUNCTION)
    )

    def execute_in_turn(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        name = (function.get("config") or function)["FunctionName"]
        with slots[name]:
            result: dict[str, Any] = execute(function, event, request_id)
        return with_error_type(result)

    lambda_svc._execute_function_warm = execute_in_turn


def with_error_type(result: dict[str, Any]) -> dict[str, Any]:
    """The result, its error named by the exception's class as the traceback's end tells it."""
    error = result.get("body")
    if result.get("error") and isinstance(error, dict):
        classes = TRACEBACK_END.findall(result.get("log", ""))
        if error.get("errorType") == "Runtime.HandlerError" and classes:
            error["errorType"] = classes[-1]
    return result


CORRECTIONS: list[Callable[[], None]] = [correct_put_object, correct_invoke]

if __name__ == "__main__":
    for correct in CORRECTIONS:
        correct()
    app.main()
