"""A deployed accelerator, on AWS or on the local cloud: what it is, its outputs and its clients."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from accelerator.corrections import EMULATOR_READER
from accelerator.problem import Problem
from domain.names import STACK
from domain.outputs import Outputs

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

PROJECT = Path(__file__).parents[1]
# What a local cloud leaves while it is up; a second one beside the first needs a folder of its own.
STATE_DIR = Path(os.environ.get("ACCELERATOR_STATE_DIR") or PROJECT / ".accelerator").absolute()
STATUS_FILE = STATE_DIR / "status.json"
CDK = PROJECT / "node_modules" / ".bin" / "cdk"


@dataclass(frozen=True)
class Deployment:
    """Where the accelerator is deployed; `endpoint` and what follows are the local cloud's."""

    outputs: Outputs
    session: boto3.Session
    is_local: bool = False
    endpoint: str | None = None
    mock_api: str | None = None
    event_api: str | None = None
    event_api_key: str | None = None
    console: str | None = None

    @property
    def may_be_fired_at(self) -> bool:
        """Whether made-up events harm nobody there."""
        return self.is_local or self.outputs.may_be_fired_at == "true"

    @property
    def has_history(self) -> bool:
        """Whether it tells of its executions itself; on AWS only the logs of Express do."""
        return self.is_local

    @cached_property
    def events(self) -> "EventBridgeClient":
        """EventBridge."""
        return self.session.client("events", endpoint_url=self.endpoint)

    @cached_property
    def lambda_(self) -> "LambdaClient":
        """Lambda."""
        return self.session.client("lambda", endpoint_url=self.endpoint)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs."""
        return self.session.client("logs", endpoint_url=self.endpoint)

    @cached_property
    def s3(self) -> "S3Client":
        """S3."""
        return self.session.client("s3", endpoint_url=self.endpoint)

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return self.session.client("sqs", endpoint_url=self.endpoint)

    @cached_property
    def secretsmanager(self) -> "SecretsManagerClient":
        """Secrets Manager."""
        return self.session.client("secretsmanager", endpoint_url=self.endpoint)

    @cached_property
    def stepfunctions(self) -> "SFNClient":
        """Step Functions."""
        return self.session.client("stepfunctions", endpoint_url=self.endpoint)

    @cached_property
    def emulator(self) -> "SFNClient":
        """Step Functions as the local cloud's own reader, to whom it tells of Express executions.

        On AWS nobody is told: there ListExecutions and GetExecutionHistory refuse them.
        """
        marked = Config(user_agent_extra=EMULATOR_READER)
        return self.session.client("stepfunctions", endpoint_url=self.endpoint, config=marked)


def local_environment(region: str) -> dict[str, str]:
    """The environment with the local cloud's settings in place of any AWS account's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def local_session(region: str) -> boto3.Session:
    """A session for the local cloud, which takes any credentials."""
    return boto3.Session("local", "local", region_name=region)


def connect(local: bool = False) -> Deployment:
    """The local cloud where it is up or asked for, else the stack in the AWS account.

    Raises:
        Problem: there is no such deployment.
    """
    return local_cloud() if local or STATUS_FILE.exists() else aws_cloud()


def aws_cloud() -> Deployment:
    """The deployment in the AWS account and region that the environment configures.

    Raises:
        Problem: there is none.
    """
    session = boto3.Session()
    try:
        stack = session.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        told = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        return Deployment(Outputs.read(told), session)
    except ClientError as error:
        raise Problem(f"{STACK} is not to be found: {error.response['Error']['Message']}") from None
    except KeyError as missing:
        raise Problem(f"{STACK} has no output {missing.args[0]}: deploy it again") from None


def local_cloud() -> Deployment:
    """The local cloud that is up.

    Raises:
        Problem: none is.
    """
    if not STATUS_FILE.exists():
        raise Problem("the local cloud is not up: start it with 'accelerator up'")
    status = json.loads(STATUS_FILE.read_text())
    outputs, session = Outputs.read(status.pop("outputs")), local_session(status.pop("region"))
    return Deployment(outputs, session, is_local=True, **status)
