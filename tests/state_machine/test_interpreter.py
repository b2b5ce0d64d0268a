"""Each correction of moto's interpreter is still needed, and does what it is for.

Where a test without its correction fails, moto has gained the behaviour: remove the correction.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest.mock import patch

import pytest
from moto.stepfunctions.parser import quotas
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (  # noqa: E501
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from domain.errors import TOO_LARGE
from domain.start import MAX_START_BYTES, as_json
from tests.harness import interpreter
from tests.harness.events import order
from tests.harness.interpreter import Interpreter, always

MATCHES, PUT, COUNTED = (
    ErrorEqualsDecl._eval_body,
    StateTaskServiceAwsSdk._eval_service_task,
    to_json_str,
)
CORRECTED = pytest.mark.parametrize("corrected", [False, True], ids=["as it comes", "corrected"])


def without(corrected: bool, place: Any, name: str, original: Any) -> AbstractContextManager[Any]:
    """The interpreter without one of its corrections, or as it is."""
    return nullcontext() if corrected else patch.object(place, name, original)


def largest(order_id: str | None = None) -> dict[str, Any]:
    """An event of one byte less than an execution can start with."""
    event = order(order_id)
    event["detail"]["note"] = ""
    event["detail"]["note"] = "x" * (MAX_START_BYTES - 1 - len(as_json(event)))
    return event


@CORRECTED
def test_states_all_matches_no_data_limit(machine: Interpreter, corrected: bool) -> None:
    with without(corrected, ErrorEqualsDecl, "_eval_body", MATCHES):
        run = machine.run(order(), {"QueryApi": always(TOO_LARGE)})
    assert run.attempts["QueryApi"] == (1 if corrected else 4)


@CORRECTED
def test_put_object_stores_a_body_as_json(machine: Interpreter, corrected: bool) -> None:
    with without(corrected, StateTaskServiceAwsSdk, "_eval_service_task", PUT):
        run = machine.run(order())
    assert (run.path[-1] == "EventHydrated") is corrected


@CORRECTED
def test_a_state_is_measured_without_blanks(machine: Interpreter, corrected: bool) -> None:
    with without(corrected, quotas, "to_json_str", COUNTED):
        run = machine.run(largest())
    assert (run.path[-1] == "EventHydrated") is corrected


@CORRECTED
def test_a_tasks_input_has_a_limit(machine: Interpreter, corrected: bool) -> None:
    unlimited: Callable[..., None] = lambda *_: None  # noqa: E731
    with without(corrected, interpreter, "check_input_size", unlimited):
        run = machine.run(largest("322-NONE-SUCH01"))
    assert ("ClassifyOversizedEvent" in run.path) is corrected
