"""EventBridge: failed starts are dead-lettered, entries have their times, bad ones are refused."""

import contextvars
import json
import threading
import time
from typing import Any, NamedTuple

from ministack.core.arn import parse_arn
from ministack.core.responses import error_response_json, json_response
from ministack.services import eventbridge, sqs, stepfunctions

from accelerator.corrections import NON_PARTNER_BUS

# EventBridge's codes (user guide, "Using dead-letter queues to process undelivered events").
CODES = {
    "StateMachineDoesNotExist": "NO_RESOURCE",
    "ValidationException": "INVALID_PARAMETER",
    "InvalidExecutionInput": "INVALID_JSON",
    "AccessDeniedException": "NO_PERMISSIONS",
    "ThrottlingException": "THROTTLING",
}
NOT_RETRIED = {"NO_RESOURCE", "INVALID_PARAMETER", "INVALID_JSON", "NO_PERMISSIONS"}
ENTRIES_A_CALL = 10
FIRST_PAUSE_SECONDS = 0.5
# AWS retries for a day if the target says so; whoever tries a failure locally wants to see it.
MOST_RETRIES = 4
# The name of the threads that try again.
RETRIES = "eventbridge-retries"
INPUTS = {"Input", "InputPath", "InputTransformer"}


class Refusal(NamedTuple):
    """Why a start failed."""

    code: str
    message: str


def correct_dead_letters() -> None:
    """Retry a start that fails, then send the event to the target's dead-letter queue.

    Ministack logs a warning and drops the event.
    """
    invoke = eventbridge._invoke_target

    def invoke_surely(target: Any, event: Any, rule: Any, view: Any = None) -> Any:
        if parse_arn(target["Arn"]).service != "states" or INPUTS & target.keys():
            return invoke(target, event, rule, view)
        view = view or eventbridge._pattern_event_view(event)
        payload = in_utf8(view.event_with_detail())
        if refusal := start(target["Arn"], payload):
            threading.Thread(
                name=RETRIES,
                target=contextvars.copy_context().run,
                args=(start_later, target, rule, payload, refusal),
                daemon=True,
            ).start()
        return None

    eventbridge._invoke_target = invoke_surely


def in_utf8(event: dict[str, Any]) -> str:
    """An event as it is delivered, which counts in bytes of UTF-8."""
    payload = json.dumps(event, ensure_ascii=False)
    try:
        payload.encode()
    except UnicodeEncodeError:  # half a surrogate pair has no UTF-8
        return json.dumps(event)
    return payload


def start(arn: str, payload: str) -> Refusal | None:
    """Start an execution, or say why that is not possible."""
    try:
        status, _, body = stepfunctions._start_execution({"stateMachineArn": arn, "input": payload})
    except Exception as error:
        return Refusal("INTERNAL_ERROR", str(error))
    if status < 300:
        return None
    told = json.loads(body)
    name = told.get("__type", "").rpartition("#")[2]
    return Refusal(CODES.get(name, "ERROR_FROM_TARGET"), told.get("message", ""))


def start_later(target: Any, rule: Any, payload: str, refusal: Refusal) -> None:
    """Try again, with backoff, as often and as long as the target's policy says."""
    policy = target.get("RetryPolicy") or {}
    most = min(policy.get("MaximumRetryAttempts", 185), MOST_RETRIES)
    end = time.monotonic() + policy.get("MaximumEventAgeInSeconds", 86_400)
    tries, exhausted = 0, "MaximumRetryAttempts"
    while refusal.code not in NOT_RETRIED and tries < most:
        stepfunctions._scaled_sleep(FIRST_PAUSE_SECONDS * 2**tries)
        if time.monotonic() > end:
            exhausted = "MaximumEventAgeInSeconds"
            break
        tries += 1
        again = start(target["Arn"], payload)
        if again is None:
            return
        refusal = again
    retries = {"RETRY_ATTEMPTS": str(tries), "EXHAUSTED_RETRY_CONDITION": exhausted}
    send_dead_letter(target, rule, payload, refusal, retries if tries else {})


def send_dead_letter(
    target: Any, rule: Any, payload: str, refusal: Refusal, retries: dict[str, str]
) -> None:
    """Send an event to the queue that the target names, with what AWS says of it."""
    queue = sqs._queue_by_arn(target.get("DeadLetterConfig", {}).get("Arn", ""))
    if queue is None:
        return
    attributes = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": refusal.code,
        "ERROR_MESSAGE": refusal.message or refusal.code,
    } | retries
    sqs._act_send_message(
        {
            "MessageBody": payload,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        },
        queue["url"],
    )


def correct_partner_buses() -> None:
    """Refuse PutEvents on a partner bus, by its name as the API's model does."""
    put = eventbridge._put_events

    def put_strictly(data: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        for place, entry in enumerate(data.get("Entries", []), 1):
            bus = entry.get("EventBusName", "default")
            if not NON_PARTNER_BUS.fullmatch(bus):
                return error_response_json(
                    "ValidationException",
                    f"1 validation error detected: Value '{bus}' at "
                    f"'entries.{place}.member.eventBusName' failed to satisfy constraint: "
                    f"Member must satisfy regular expression pattern: {NON_PARTNER_BUS.pattern}",
                )
        return put(data, *arguments, **options)

    eventbridge._put_events = put_strictly


# The time that the entry which is put gives, in seconds since 1970.
GIVEN = contextvars.ContextVar[float | None]("given", default=None)


def correct_times() -> None:
    """Let an event have the time that its entry gives; ministack gives each the time of now."""
    put, now = eventbridge._put_events, eventbridge._now_ts

    def put_at_its_time(data: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        entries = data.get("Entries", [])
        if len(entries) > ENTRIES_A_CALL or not any("Time" in entry for entry in entries):
            return put(data, *arguments, **options)
        told = []
        for entry in entries:
            given = GIVEN.set(entry.get("Time"))
            told += json.loads(put(data | {"Entries": [entry]}, *arguments, **options)[2])[
                "Entries"
            ]
            GIVEN.reset(given)
        refused = sum("EventId" not in entry for entry in told)
        return json_response({"FailedEntryCount": refused, "Entries": told})

    eventbridge._put_events = put_at_its_time
    eventbridge._now_ts = lambda: GIVEN.get() or now()


# What PutEvents says of an entry whose detail is no JSON object (EventBridge API reference).
MALFORMED = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


def correct_malformed_details() -> None:
    """Refuse an entry whose detail is no JSON object; ministack takes it, and it is never seen."""
    put = eventbridge._put_events

    def put_readable(data: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        entries = data.get("Entries", [])
        good = [entry for entry in entries if is_object(entry.get("Detail", "{}"))]
        if len(good) == len(entries):
            return put(data, *arguments, **options)
        answer = json.loads(put(data | {"Entries": good}, *arguments, **options)[2])
        told = iter(answer["Entries"])
        results = [next(told) if entry in good else MALFORMED for entry in entries]
        refused = answer["FailedEntryCount"] + len(entries) - len(good)
        return json_response({"FailedEntryCount": refused, "Entries": results})

    eventbridge._put_events = put_readable


def is_object(detail: Any) -> bool:
    """Whether a text is a JSON object that can be read here."""
    try:
        return isinstance(json.loads(detail), dict)
    except (ValueError, TypeError, RecursionError):
        return False
