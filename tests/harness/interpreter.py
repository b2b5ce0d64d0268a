"""Runs the real ASL with the real handlers, in process, on the interpreter that moto carries.

Any attempt of any state can be made to fail with any error. Where the interpreter is laxer than
Step Functions it is corrected here, and waits between retries are recorded instead of waited.
"""

import io
import json
import sys
import traceback
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import boto3
from botocore.config import Config
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.parser import quotas
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_sqs,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (  # noqa: E501
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from accelerator.corrections import EMULATOR_READER
from functions.classify_error import handler as classify_error
from functions.extract_id import handler as extract_id
from functions.query_api import handler as query_api
from functions.query_api.connection import Connection
from tests.harness import DEFINITION, ROLE, UNCATCHABLE_BY_ALL
from tests.harness.aws import strict_aws
from tests.harness.environment import LambdaContext

BUCKET = "responses"
QUEUES = {"FailureQueueUrl": "failures", "RedriveQueueUrl": "redrives"}
REGION = "us-east-1"
STATE_LIMIT_BYTES = 262_144
HANDLERS = {
    "extract_id": extract_id.handler,
    "query_api": query_api.handler,
    "classify_error": classify_error.handler,
}

# The interpreter would parse the definition and its paths again at each use.
PARSERS: list[Any] = [AmazonStateLanguageParser, json_path, result_path]
for parser in PARSERS:
    parser.parse = staticmethod(cache(parser.parse))


def always(error: str) -> Iterator[str]:
    """A fault that lasts."""
    return repeat(error)


@dataclass
class Run:
    """What one execution did and left behind."""

    status: str
    output: Any
    arn: str = ""
    path: list[str] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    postponed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def message(self) -> dict[str, Any]:
        """The body of the one failure message."""
        (message,) = self.messages
        body: dict[str, Any] = json.loads(message["Body"])
        return body


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:us-east-1:123456789012:function:{name}"


def substitutions(queue_urls: dict[str, str]) -> dict[str, str]:
    return {
        "ExtractIdFunctionArn": function_arn("extract_id"),
        "QueryApiFunctionArn": function_arn("query_api"),
        "ClassifyErrorFunctionArn": function_arn("classify_error"),
        "ResponseBucketName": BUCKET,
        **queue_urls,
    }


class Interpreter:
    """The state machine, with a bucket and a queue."""

    def __init__(self, api: Connection, definition: str | None = None) -> None:
        self.api = api
        self.s3 = boto3.client("s3")
        self.sqs = boto3.client("sqs")
        self.stepfunctions = boto3.client(
            "stepfunctions", config=Config(user_agent_extra=EMULATOR_READER)
        )
        self.s3.create_bucket(Bucket=BUCKET)
        self._queue_urls = {
            name: self.sqs.create_queue(
                QueueName=queue, Attributes={"MaximumMessageSize": "1048576"}
            )["QueueUrl"]
            for name, queue in QUEUES.items()
        }
        definition = definition or DEFINITION.read_text(encoding="utf-8")
        for name, value in substitutions(self._queue_urls).items():
            definition = definition.replace(f"${{{name}}}", value)
        self.arn = self.stepfunctions.create_state_machine(
            name="HydrateEvent", definition=definition, roleArn=ROLE, type="EXPRESS"
        )["stateMachineArn"]
        self.mock_test_case: Any = None
        self._run = Run("", None)
        self._faults: dict[str, Iterator[str | None]] = {}
        self._environment: Any = None

    def run(self, event: Any, faults: Mapping[str, Iterable[str | None]] | None = None) -> Run:
        """Run one event. `faults` gives a state's errors attempt by attempt; None is no fault."""
        self._run = Run("", None)
        self._faults = {
            state: chain(errors, repeat(None)) for state, errors in (faults or {}).items()
        }
        execution = self.stepfunctions.start_execution(
            stateMachineArn=self.arn, name=str(uuid.uuid4()), input=json.dumps(event)
        )
        self._run.arn = execution["executionArn"]
        ended = self.stepfunctions.describe_execution(executionArn=self._run.arn)
        self._run.status = ended["status"]
        self._run.output = json.loads(ended["output"]) if "output" in ended else None
        self._run.objects = self._take_objects()
        if "SendToFailureQueue" in self._run.attempts:
            self._run.messages = self._take_messages("FailureQueueUrl")
        if "SendToRedriveQueue" in self._run.attempts:
            self._run.postponed = self._take_messages("RedriveQueueUrl")
        for entry in self._environment.event_manager.get_event_history():
            if "stateEnteredEventDetails" in entry:
                self._run.path.append(entry["stateEnteredEventDetails"]["name"])
        return self._run

    def attempt(self, task: Any, env: Any) -> None:
        """Note an attempt of a task, and fail it where it is to fail."""
        self._run.attempts[task.name] += 1
        error = next(self._faults.get(task.name, repeat(None)))
        if error is not None:
            raise failure(env, error, "injected by the test")

    def wait(self, seconds: float) -> None:
        """Note a wait before a retry instead of waiting."""
        self._run.waits.append(seconds)

    def remember(self, environment: Any) -> Any:
        """Keep the environment of the execution, which holds its history, and mock it."""
        environment.mock_test_case = self.mock_test_case
        self._environment = environment
        return environment

    def _take_objects(self) -> dict[str, Any]:
        objects, stored = {}, s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys
        for key in list(stored):
            got = self.s3.get_object(Bucket=BUCKET, Key=key)
            objects[key] = json.loads(got["Body"].read())
            self._run.metadata[key] = got["Metadata"]
            stored.pop(key)
        return objects

    def _take_messages(self, name: str) -> list[dict[str, Any]]:
        queue = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues[QUEUES[name]]
        messages, queue._messages = queue._messages, []
        return [{"Body": message.body} for message in messages]


def failure(env: Any, error: str, cause: str) -> FailureEventException:
    """The interpreter's exception for a failed attempt."""
    name = (
        StatesErrorName(typ=StatesErrorNameType.from_name(error))
        if error.startswith("States.")
        else CustomErrorName(error)
    )
    details = TaskFailedEventDetails(error=error, cause=cause, resource="", resourceType="")
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.TaskFailed,
            event_details=cast("EventDetails", {"taskFailedEventDetails": details}),
        )
    )


class Functions:
    """The Lambda service: calls the real handlers, and tells of what they raise as it does."""

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        handler = HANDLERS[FunctionName.rsplit(":", 1)[-1]]
        told: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        try:
            body = handler(json.loads(Payload), LambdaContext())
        except Exception as error:
            traceback.print_exception(error, file=sys.stdout)  # as Lambda does, into the log
            told["FunctionError"] = "Unhandled"
            body = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
        return told | {"Payload": io.BytesIO(json.dumps(body).encode())}


def check_input_size(env: Any, parameters: Any) -> None:
    """Hold a task's effective input to the state limit, which the interpreter does not."""
    if len(to_json_str(parameters, separators=(",", ":")).encode()) > STATE_LIMIT_BYTES:
        raise failure(env, "States.DataLimitExceeded", "the task's input is too large")


@contextmanager
def interpreter(api: Connection, definition: str | None = None) -> Iterator[Interpreter]:
    """An interpreter of the state machine, or of another definition of it."""
    with strict_aws(stepfunctions={"execute_state_machine": True}):
        machine = Interpreter(api, definition)
        with patches(machine):
            yield machine


@contextmanager
def patches(machine: Interpreter) -> Iterator[None]:
    """Connect the interpreter with the handlers, the faults and Step Functions' own strictness."""
    evaluate, evaluate_lambda = StateTask._eval_parameters, StateTaskLambda._eval_parameters
    put, matches = StateTaskServiceAwsSdk._eval_service_task, ErrorEqualsDecl._eval_body
    prepare = ExecutionWorker._get_evaluation_environment
    clients: dict[str, Any] = {}

    def client(service: str, **_: Any) -> Any:
        if service not in clients:
            config = Config(parameter_validation=False)
            clients[service] = boto3.client(cast("Any", service), config=config)
        return clients[service]

    def parameters(task: Any, env: Any) -> Any:
        return attempted(task, env, evaluate(task, env), lambda it: it)

    def lambda_parameters(task: Any, env: Any) -> Any:
        return attempted(task, env, evaluate_lambda(task, env), lambda it: it["Payload"])

    def attempted(task: Any, env: Any, evaluated: Any, task_input: Any) -> Any:
        machine.attempt(task, env)
        check_input_size(env, task_input(evaluated))
        return evaluated

    def put_json(
        task: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any, **rest: Any
    ) -> None:
        body = json.dumps(normalised_parameters["Body"]).encode()
        put(task, env, resource_runtime_part, normalised_parameters | {"Body": body}, **rest)

    def matches_strictly(declaration: Any, env: Any) -> None:
        error = env.stack[-1].error_name
        matches(declaration, env)
        if error in UNCATCHABLE_BY_ALL:
            env.stack[-1] = error in [name.error_name for name in declaration.error_names]

    with (
        # Counts the spaces that it adds itself between an input's values otherwise.
        patch.object(quotas, "to_json_str", lambda it: to_json_str(it, separators=(",", ":"))),
        patch.object(StateTask, "_eval_parameters", parameters),
        patch.object(StateTaskLambda, "_eval_parameters", lambda_parameters),
        patch.object(StateTaskServiceAwsSdk, "_eval_service_task", put_json),
        patch.object(ErrorEqualsDecl, "_eval_body", matches_strictly),
        patch.object(
            ExecutionWorker,
            "_get_evaluation_environment",
            lambda worker: machine.remember(prepare(worker)),
        ),
        patch.object(ExecutionWorker, "start", ExecutionWorker._execution_logic),
        patch.object(retrier_decl, "time", SimpleNamespace(sleep=machine.wait)),
        patch.object(state_task_service_aws_sdk, "boto_client_for", client),
        patch.object(state_task_service_sqs, "boto_client_for", client),
        patch.object(lambda_eval_utils, "boto_client_for", lambda **_: Functions()),
        patch("functions.query_api.handler.api", lambda: machine.api),
    ):
        yield
