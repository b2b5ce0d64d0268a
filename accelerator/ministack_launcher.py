"""Starts ministack, the embedded local cloud, with what it lacks for this product.

Each correction has a contract test (tests/integration/test_ministack_contract.py) that fails when
ministack gains the behaviour itself, so that the correction is then removed.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc, stepfunctions

PROCESSES_A_FUNCTION = 4
RAISED_BY_MINISTACK = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
RAISED = (
    '{"status": "ok", "result": {"raised": '
    '{"errorType": type(e).__name__, "errorMessage": str(e)}}}'
)


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


def correct_exceptions() -> None:
    """Let a function raise and live: ministack ends its process and loses the exception's class.

    The process reports what was raised as if it were a result, and `correct_invoke` turns that
    into the error it is.
    """
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    assert RAISED_BY_MINISTACK in script, "ministack reports exceptions differently now"
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(RAISED_BY_MINISTACK, RAISED)


def correct_invoke() -> None:
    """Bound the processes of each function; a burst would start one for every invocation."""
    execute = lambda_svc._execute_function_warm
    slots: dict[str, threading.Semaphore] = defaultdict(
        lambda: threading.Semaphore(PROCESSES_A_FUNCTION)
    )

    def execute_in_turn(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        name = (function.get("config") or function)["FunctionName"]
        with slots[name]:
            result: dict[str, Any] = execute(function, event, request_id)
        body = result.get("body")
        if isinstance(body, dict) and body.keys() == {"raised"}:
            return {"body": body["raised"], "error": True, "log": result.get("log", "")}
        return result

    lambda_svc._execute_function_warm = execute_in_turn


CORRECTIONS: list[Callable[[], None]] = [correct_put_object, correct_exceptions, correct_invoke]

if __name__ == "__main__":
    for correct in CORRECTIONS:
        correct()
    app.main()
