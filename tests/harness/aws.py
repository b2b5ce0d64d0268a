"""AWS in process: moto, made to refuse what AWS refuses.

Each strictness has a contract test (tests/unit/test_strict_aws.py) that fails when moto gains it,
so that it is then removed here.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from moto import mock_aws  # noqa: TID251
from moto.core.exceptions import AWSError
from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend
from moto.sqs import models as sqs_models
from moto.sqs.exceptions import InvalidParameterValue
from moto.sqs.models import SQSBackend
from moto.stepfunctions.exceptions import InvalidArn
from moto.stepfunctions.responses import StepFunctionResponse

from accelerator.corrections import EMULATOR_READER, NON_PARTNER_BUS

# It would spell each attribute of a queue anew at each call.
SPELLED: Any = sqs_models
SPELLED.camelcase_to_underscores = cache(SPELLED.camelcase_to_underscores)


@contextmanager
def strict_aws(**config: Any) -> Iterator[None]:
    """An empty account. `config` is moto's."""
    with mock_aws(config=config or None), ExitStack() as patches:  # type: ignore[arg-type]
        for backend, name, strict in STRICTNESS:
            patches.enter_context(patch.object(backend, name, strict(getattr(backend, name))))
        yield


class StateMachineTypeNotSupported(AWSError):
    """ListExecutions of an Express state machine."""

    TYPE = "StateMachineTypeNotSupported"
    STATUS = 400


def with_fresh_handle(act: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a receipt handle that is not the latest, or whose hold has run out."""

    def act_strictly(
        backend: SQSBackend, queue_name: str, receipt_handle: str, *rest: Any, **named: Any
    ) -> Any:
        for message in backend.get_queue(queue_name)._messages:
            if message.had_receipt_handle(receipt_handle) and (
                message.receipt_handle != receipt_handle or message.visible
            ):
                raise InvalidParameterValue(
                    f"Value {receipt_handle} for parameter ReceiptHandle is invalid. Reason: "
                    "Message does not exist or is not available for visibility timeout change."
                )
        return act(backend, queue_name, receipt_handle, *rest, **named)

    return act_strictly


def by_entry(act: Callable[..., Any]) -> Callable[..., Any]:
    """Let a batch fail by entry where an entry alone would be refused."""

    def act_by_entry(backend: SQSBackend, queue_name: str, *given: Any, **named: Any) -> Any:
        (entries,) = (*given, *named.values())
        done, failed = [], []
        for entry in entries:
            try:
                told, errors = act(backend, queue_name, [entry])
            except InvalidParameterValue as error:
                told, errors = [], [refused(entry["Id"], error)]
            done += told
            failed += errors
        return done, failed

    return act_by_entry


def refused(entry_id: str, error: InvalidParameterValue) -> dict[str, Any]:
    """An entry of a batch's `Failed`."""
    return {
        "Id": entry_id,
        "SenderFault": True,
        "Code": "InvalidParameterValue",
        "Message": error.message,
    }


def on_no_partner_bus(put: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse PutEvents on a partner bus, and sources of AWS's own."""

    def put_strictly(backend: EventsBackend, events: list[dict[str, Any]]) -> Any:
        for event in events:
            if not NON_PARTNER_BUS.fullmatch(event.get("EventBusName", "default")):
                raise ValidationException(
                    "1 validation error detected: eventBusName failed to satisfy constraint: "
                    f"Member must satisfy regular expression pattern: {NON_PARTNER_BUS.pattern}"
                )
        good = [event for event in events if not is_of_aws(event)]
        accepted = iter(put(backend, good))
        return [NOT_AUTHORIZED if is_of_aws(event) else next(accepted) for event in events]

    return put_strictly


def is_of_aws(event: dict[str, Any]) -> bool:
    """Whether an event says that a service of AWS sent it."""
    return str(event.get("Source")).startswith("aws.")


NOT_AUTHORIZED = {
    "ErrorCode": "NotAuthorizedForSourceException",
    "ErrorMessage": "Not authorized for the source.",
}


def not_for_express(error: type[AWSError]) -> Callable[..., Any]:
    """Tell of Express executions to the emulator's own reader alone."""

    def strict(act: Callable[..., Any]) -> Callable[..., Any]:
        def act_strictly(response: StepFunctionResponse) -> Any:
            agent = response.headers.get("User-Agent", "")
            if EMULATOR_READER not in str(agent) and is_express(response):
                raise error("This operation is not supported by this type of state machine")
            return act(response)

        return act_strictly

    return strict


def is_express(response: StepFunctionResponse) -> bool:
    """Whether a request is about an Express state machine or an execution of one."""
    backend, arn = response.stepfunction_backend, response._get_param("stateMachineArn")
    if execution := response._get_param("executionArn"):
        arn = backend.describe_execution(execution).state_machine_arn
    machine: Any = backend.describe_state_machine(arn)
    return bool(machine.type == "EXPRESS")


STRICTNESS: list[tuple[Any, str, Callable[..., Any]]] = [
    (SQSBackend, "delete_message", with_fresh_handle),
    (SQSBackend, "change_message_visibility", with_fresh_handle),
    (SQSBackend, "delete_message_batch", by_entry),
    (SQSBackend, "change_message_visibility_batch", by_entry),
    (EventsBackend, "put_events", on_no_partner_bus),
    (StepFunctionResponse, "list_executions", not_for_express(StateMachineTypeNotSupported)),
    (StepFunctionResponse, "describe_execution", not_for_express(InvalidArn)),
    (StepFunctionResponse, "get_execution_history", not_for_express(InvalidArn)),
]
