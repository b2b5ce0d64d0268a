"""Lambda: exceptions keep their class, a burst starts few processes, and requests are let in."""

import os
import threading
from collections import defaultdict
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

PROCESSES_A_FUNCTION = 4
RAISED_BY_MINISTACK = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
RAISED = (
    '{"status": "ok", "result": {"raised": '
    '{"errorType": type(e).__name__, "errorMessage": str(e)}}}'
)


def correct_exceptions() -> None:
    """Let a function raise and live: ministack ends its process and loses the exception's class.

    The process reports what was raised as if it were a result, and `correct_invoke` turns that
    into the error it is.
    """
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    assert RAISED_BY_MINISTACK in script, "ministack reports exceptions differently now"
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(RAISED_BY_MINISTACK, RAISED)


def correct_credentials() -> None:
    """Let functions sign with the access key of this run; ministack has them use the account's id.

    The secret access key they have from this process already.
    """
    credentials, key = lambda_runtime.execution_credentials, os.environ["AWS_ACCESS_KEY_ID"]
    lambda_runtime.execution_credentials = lambda config: (
        credentials(config) | {"AWS_ACCESS_KEY_ID": key}
    )


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
