"""The fault matrix: each state, each way it can fail, where the event ends and after how often.

Tests are made from it (test_faults.py), and `make docs` writes
docs/faults.md from it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.errors import TOO_LARGE

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"

QUEUE = "failure queue"
REDRIVE = "redrive queue"
UNSENT = "`failures/unsent/` in the bucket"
LOG = "execution log only"
# The alarm that an event raises at its end.
ALARMS = {
    QUEUE: "FailureQueueNotEmpty",
    REDRIVE: "RedriveQueueStuck",
    UNSENT: "EventsUnsent",
    LOG: "UncaughtErrors",
}
# Ends that no state's fault leads to, each with its alarm.
BESIDE = [
    ("dead-letter queue: no execution could be started", "DeadLetterQueueNotEmpty"),
    ("nowhere: neither an execution nor the dead-letter queue took it", "EventsNotDeadLettered"),
    ("not yet: Step Functions refuses starts, EventBridge tries again", "StartsThrottled"),
    ("execution log only: the execution was ended at five minutes", "ExecutionsTimedOut"),
    ("as above: an attempt to classify a failure failed", "ClassifyErrorErrors"),
    ("as above: Lambda refused to classify a failure", "ClassifyErrorThrottles"),
    ("failure queue, after five attempts to redrive it that failed", "RedriveErrors"),
    ("redrive queue, while Lambda refuses to redrive it", "RedriveThrottles"),
]

FUNCTION_FAULTS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "States.Timeout",
]
# A bug, a broken deployment, a result or input of the wrong form.
FUNCTION_DEFECTS = [
    "KeyError",
    "Runtime.ExitError",
    "Runtime.ImportModuleError",
    "Lambda.ResourceNotFoundException",
]
# A state that cannot be run, such as one with a path that leads nowhere. The specification's name
# for that, States.ParameterPathFailure, is one that the service never reports.
UNCATCHABLE = "States.Runtime"
BUCKET_FAULTS = ["S3.S3Exception", "S3.NoSuchBucketException", "S3.SdkClientException"]
QUEUE_FAULTS = ["SQS.AmazonSQSException", "SQS.SdkClientException"]
SERVICE_FAULTS = ["States.Timeout", "States.Permissions"]


@dataclass(frozen=True)
class Fault:
    """A state that always fails in one way.

    `given` are faults of other states that lead to this one; `order_id` is a magic id of the mock
    API and `event` changes the event, each in place of an injected error.
    """

    state: str
    error: str
    attempts: int
    end: str
    order_id: str | None = None
    event: dict[str, Any] | None = None
    given: dict[str, str] = field(default_factory=dict)
    redrives: str = ""

    @property
    def injected(self) -> bool:
        """Whether the error is injected, and not brought about by the event or the API."""
        return self.order_id is None and self.event is None

    def __str__(self) -> str:
        how = self.order_id or ("-".join(self.event) if self.event else "")
        return " ".join(part for part in (self.state, self.error, how, self.redrives) if part)


def matrix() -> Iterator[Fault]:
    """Every fault."""
    yield from route_faults()
    yield from extract_faults()
    yield from query_faults()
    yield from store_faults()
    yield from failure_path_faults()
    yield from uncatchable_faults()


def route_faults() -> Iterator[Fault]:
    for event in ({"detail": {}, "detail-type": "unknown"}, {"detail-type": None, "detail": None}):
        yield Fault("RouteByEventType", "UnsupportedEvent", 1, QUEUE, event=event)


def extract_faults() -> Iterator[Fault]:
    for error in FUNCTION_FAULTS + FUNCTION_DEFECTS:
        yield Fault("ExtractId", error, 3, QUEUE)
    for error in ("UnsupportedEvent", TOO_LARGE):
        yield Fault("ExtractId", error, 1, QUEUE)
    placed = {"eventType": "ORDER_PLACED"}
    for event in (
        {"detail": placed},
        {"detail": placed | {"orderIdentifier": None}},
        {"detail": placed | {"orderIdentifier": {"orderId": ""}}},
        {"detail": placed | {"orderIdentifier": {"orderId": 7}}},
        {"id": None},
        {"time": "yesterday"},
    ):
        yield Fault("ExtractId", "InvalidEvent", 1, QUEUE, event=event)


def query_faults() -> Iterator[Fault]:
    for error in FUNCTION_FAULTS:
        throttled = error in ("Lambda.TooManyRequestsException", "Lambda.Unknown")
        yield Fault("QueryApi", error, 9 if throttled else 4, QUEUE)
        yield Fault("QueryApi", error, 9 if throttled else 4, REDRIVE, redrives="0")
    for error in FUNCTION_DEFECTS:
        end = REDRIVE if error.startswith("Lambda.") else QUEUE
        yield Fault("QueryApi", error, 4, end, redrives="0")
    for error in ("InvalidEvent", "MissingVariable", TOO_LARGE):
        yield Fault("QueryApi", error, 1, QUEUE, redrives="0")
    for order_id, error in {
        "error-401": "ApiUnauthorized",
        "error-403": "ApiUnauthorized",
        "error-302": "ApiRejected",
        "error-404": "ApiRejected",
        "error-graphql": "GraphQLErrors",
        "322-NONE-SUCH01": "GraphQLErrors",
    }.items():
        yield Fault("QueryApi", error, 1, QUEUE, order_id, redrives="0")
    for order_id, error in {
        "error-429": "ApiThrottled",
        "error-500": "ApiUnavailable",
        "error-503": "ApiUnavailable",
        "error-malformed": "ApiUnavailable",
        "error-reset": "ApiUnavailable",
        "error-missing": "EntityMissing",
        "error-timeout": "ApiTimeout",
    }.items():
        attempts = 9 if error == "ApiThrottled" else 4
        yield Fault("QueryApi", error, attempts, QUEUE, order_id)
        yield Fault("QueryApi", error, attempts, REDRIVE, order_id, redrives="0")


def store_faults() -> Iterator[Fault]:
    for error in BUCKET_FAULTS + SERVICE_FAULTS:
        yield Fault("StoreResponse", error, 3, QUEUE)
    yield Fault("StoreResponse", TOO_LARGE, 1, QUEUE)


def failure_path_faults() -> Iterator[Fault]:
    failed = {"QueryApi": "ApiRejected"}
    for error in FUNCTION_FAULTS + FUNCTION_DEFECTS:
        yield Fault("ClassifyError", error, 3, UNSENT, given=failed)
    oversized = failed | {"ClassifyError": TOO_LARGE}
    yield Fault("ClassifyError", TOO_LARGE, 1, QUEUE, given=failed)
    for error in FUNCTION_FAULTS + FUNCTION_DEFECTS:
        yield Fault("ClassifyOversizedEvent", error, 3, UNSENT, given=oversized)
    yield Fault("ClassifyOversizedEvent", TOO_LARGE, 1, UNSENT, given=oversized)
    unavailable = {"QueryApi": "ApiUnavailable"}
    for error in QUEUE_FAULTS + SERVICE_FAULTS:
        yield Fault("SendToRedriveQueue", error, 3, QUEUE, given=unavailable, redrives="0")
        yield Fault("SendToFailureQueue", error, 3, UNSENT, given=failed)
    yield Fault("SendToRedriveQueue", TOO_LARGE, 1, QUEUE, given=unavailable, redrives="0")
    yield Fault("SendToFailureQueue", TOO_LARGE, 1, UNSENT, given=failed)
    no_queue = failed | {"SendToFailureQueue": "SQS.AmazonSQSException"}
    for error in BUCKET_FAULTS + SERVICE_FAULTS:
        yield Fault("StoreFailure", error, 3, LOG, given=no_queue)
    yield Fault("StoreFailure", TOO_LARGE, 1, LOG, given=no_queue)


def uncatchable_faults() -> Iterator[Fault]:
    failed = {"QueryApi": "ApiRejected"}
    given = {
        "ExtractId": {},
        "QueryApi": {},
        "StoreResponse": {},
        "ClassifyError": failed,
        "ClassifyOversizedEvent": failed | {"ClassifyError": TOO_LARGE},
        "SendToRedriveQueue": {"QueryApi": "ApiUnavailable"},
        "SendToFailureQueue": failed,
        "StoreFailure": failed | {"SendToFailureQueue": "SQS.AmazonSQSException"},
    }
    for state, faults in given.items():
        redrives = "0" if state == "SendToRedriveQueue" else ""
        yield Fault(state, UNCATCHABLE, 1, LOG, given=faults, redrives=redrives)


def alarm_of(fault: Fault) -> str:
    """The alarm that tells of the fault's end."""
    return ALARMS[fault.end]


def ends() -> Iterator[str]:
    """The runbook's table: what ends where, and which alarm tells."""
    yield "| where events fail | in so many ways | they end in | told by |"
    yield "| --- | --- | --- | --- |"
    counted = Counter((fault.state, fault.end, alarm_of(fault)) for fault in matrix())
    for (state, end, alarm), count in counted.items():
        yield f"| {state} | {count} | {end} | `{alarm}` |"
    for told, alarm in BESIDE:
        yield f"| | | {told} | `{alarm}` |"


def document() -> str:
    """docs/faults.md."""
    rows = [
        f"| {fault.state} | {cause(fault)} | {fault.attempts} | {fault.end} | `{alarm_of(fault)}` |"
        for fault in matrix()
    ]
    return "\n".join([HEAD, *rows, ""])


def cause(fault: Fault) -> str:
    """What a row says of the fault."""
    told = [f"`{fault.error}`"]
    if fault.order_id:
        told.append(f"from the order id `{fault.order_id}`")
    if fault.event:
        told.append(f"with `{fault.event}` in the event".replace("'", '"').replace("None", "null"))
    told += [f"after `{error}` in {state}" for state, error in fault.given.items()]
    if fault.redrives:
        told.append("with automatic redrives on")
    return ", ".join(told)


HEAD = """\
# Where an event ends, fault by fault

Each row is a test: the state fails in this way at every attempt, and the event is found, whole, in
the place of the last column and in no other. Written by `make docs` from the table that the tests
are made of, [`fault_matrix.py`](../tests/harness/fault_matrix.py); do not edit.

## What nothing catches

* `States.Runtime`, the last rows: Step Functions cannot run a state at all, since a path of it
  leads nowhere or its resource is none in this partition. It is neither retried nor caught, not
  by `States.ALL` either (Step Functions developer guide, "Handling errors"), and is what the
  service reports in place of the specification's `States.ParameterPathFailure`. No event decides
  on such a path unguarded, so it takes a definition that was deployed broken.
* A state of nearly 256 KB: the execution may abort between two states, where no state is to catch
  it ([an example](https://github.com/cdklabs/construct-hub/pull/1885)). None here is so large but
  the first, whose state is the event: QueryApi stores what is over 80 KB itself, and ClassifyError
  puts an event of more than 192 KB into the bucket. So an event of nearly 256 KB may abort after
  `RouteByEventType`. No test here can show it: the stand-ins know no such limit.
* An execution that is ended at five minutes, which no sum of timeouts and retries reaches.

Such an event is in no queue and no bucket. The record `ExecutionFailed` (or `ExecutionTimedOut`) of
the state machine's log says which execution it was; the log holds the event where
`LOG_EXECUTION_DATA` is on and `EXECUTION_LOGS` is `ALL`, and QueryApi's log its id where it came
so far. With `ARCHIVE_DAYS` it is in the archive, and `accelerator replay` sends its span again.
[Operations](operations.md) names the alarms.

## Fault by fault

The rows of `StoreFailure` take three faults at once: the event fails, SQS refuses the message, and
S3 refuses the object. Then only the execution's log holds the event, and only where
`LOG_EXECUTION_DATA` is on and `EXECUTION_LOGS` is `ALL`.

| state | fails with | attempts | the event ends in the | alarm |
| --- | --- | --- | --- | --- |"""
