"""A deployed accelerator, on AWS or on the local cloud: what it is, its outputs and its clients."""

import os
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from accelerator import change, state
from accelerator.corrections import EMULATOR_READER
from accelerator.problem import Problem
from domain.family import MOCK
from domain.names import STACK
from domain.outputs import Outputs
from stacks.parsers import SettingError
from stacks.settings import values_of

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
ADVICE = "stop the local cloud with 'accelerator down', then start it again"
NO_CREDENTIALS = (
    "no credentials are configured: give some, such as with 'aws configure' or AWS_PROFILE"
)
# Where botocore finds these, by its SESSION_VARIABLES: no profile, and files with none.
NO_PROFILE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
CDK = PROJECT / "node_modules" / ".bin" / "cdk"


def client(service: Any) -> Any:
    """The deployment's client of a service, made once."""
    return cached_property(lambda it: it.session.client(service, endpoint_url=it.endpoint))


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
    def contract(self) -> str:
        """The contract whose events it hydrates."""
        return self.outputs.api_version or MOCK

    @property
    def where(self) -> str:
        """Where it is, as a person is told: the local cloud, or its account, region and stack."""
        if self.is_local:
            return "the local cloud"
        account = self.outputs.state_machine_arn.split(":")[4:5]
        return f"AWS: account {''.join(account)}, {self.region}, {STACK}"

    @property
    def region(self) -> str:
        """Where it is."""
        return str(self.session.region_name)

    @property
    def has_history(self) -> bool:
        """Whether it tells of its executions itself; on AWS only the logs of Express do."""
        return self.is_local

    events: ClassVar["EventBridgeClient"] = client("events")
    lambda_: ClassVar["LambdaClient"] = client("lambda")
    logs: ClassVar["CloudWatchLogsClient"] = client("logs")
    s3: ClassVar["S3Client"] = client("s3")
    sqs: ClassVar["SQSClient"] = client("sqs")
    secretsmanager: ClassVar["SecretsManagerClient"] = client("secretsmanager")
    stepfunctions: ClassVar["SFNClient"] = client("stepfunctions")

    @cached_property
    def emulator(self) -> "SFNClient":
        """Step Functions as the local cloud's own reader, to whom it tells of Express executions.

        On AWS nobody is told: there ListExecutions and GetExecutionHistory refuse them.
        """
        marked = Config(user_agent_extra=EMULATOR_READER)
        return self.session.client("stepfunctions", endpoint_url=self.endpoint, config=marked)


def local_environment(region: str, access_key: str) -> dict[str, str]:
    """The environment with the local cloud's settings in place of any AWS account's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": access_key,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # In place of this user's profiles.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def local_session(region: str, access_key: str) -> boto3.Session:
    """A session for the local cloud, which lets in whoever has the access key of its run."""
    own = botocore.session.Session(NO_PROFILE)
    return boto3.Session(access_key, access_key, region_name=region, botocore_session=own)


def connect(local: bool | None = None) -> Deployment:
    """The local cloud, or the stack in the AWS account; as it is not said, whichever is there.

    That is the local cloud where one is up, and is meant as well where one is being started.

    Raises:
        Problem: there is no such deployment.
    """
    if local or (local is None and (read_status() or change.changing(STATUS_FILE.parent))):
        return local_cloud()
    try:
        return aws_cloud()
    except Problem as problem:
        if local is False:
            raise
        raise Problem(
            f"no local cloud is up: start one with 'accelerator up'. On AWS: {problem}"
        ) from None


def aws_cloud() -> Deployment:
    """The deployment in the AWS account and region that the environment configures.

    Raises:
        Problem: there is none.
    """
    try:
        session = aws_session()
        stack = session.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        told = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        return Deployment(Outputs.read(told), session)
    except NoRegionError:
        raise Problem(
            "no region is configured: set AWS_REGION, in .env or the environment"
        ) from None
    except NoCredentialsError:
        raise Problem(NO_CREDENTIALS) from None
    except ClientError as error:
        told_why = error.response["Error"]["Message"]
        raise Problem(
            f"{STACK} is not to be found in {session.region_name}: {told_why} "
            "(deploy it with 'npx cdk deploy --all', or choose another account or region)"
        ) from None
    except BotoCoreError as error:
        raise Problem(f"{STACK} is not to be found: {error}") from None
    except KeyError as missing:
        raise Problem(f"{STACK} has no output {missing.args[0]}: deploy it again") from None


def aws_session(region: str | None = None) -> boto3.Session:
    """A session of the AWS account and region that are configured, or of another region.

    Raises:
        Problem: `.env` cannot be read.
    """
    # As the deployment reads it: botocore knows AWS_DEFAULT_REGION alone, and no `.env`.
    given = given_values()
    return boto3.Session(region_name=region or given.get("AWS_REGION") or None)


def given_values() -> dict[str, str | None]:
    """What `.env` or the environment, which wins, sets.

    Raises:
        Problem: `.env` cannot be read.
    """
    try:
        return {**values_of(PROJECT / ".env"), **os.environ}
    except SettingError as error:
        raise Problem(str(error)) from None


def local_cloud() -> Deployment:
    """The local cloud that is up.

    Raises:
        Problem: none is.
    """
    status = read_status()
    if not status:
        raise Problem(not_up())
    session = local_session(status.pop("region"), status.pop("access_key"))
    outputs = Outputs.read(status.pop("outputs"))
    return Deployment(outputs, session, is_local=True, **status)


def not_up() -> str:
    """What is to be said where no local cloud is up."""
    if what := change.changing(STATUS_FILE.parent):
        return change.told(what)
    return "the local cloud is not up: start it with 'accelerator up'"


def read_status() -> dict[str, Any]:
    """What STATUS_FILE says: `region`, `access_key` and a Deployment's fields; empty if none is up.

    Raises:
        Problem: the file cannot be read or is broken.
    """
    status = state.read(STATUS_FILE, {}, ADVICE)
    if status != {} and not is_status(status):
        raise state.broken(STATUS_FILE, ADVICE)
    return dict(status)


def is_status(status: Any) -> bool:
    """Whether JSON is what `read_status` returns: texts or null, `outputs` an object of them."""
    if not isinstance(status, dict) or not isinstance(status.get("outputs"), dict):
        return False
    needed = {"region", "access_key", "outputs", "endpoint"}
    known = needed | {field.name for field in fields(Deployment)} - {"session", "is_local"}
    texts = [*status["outputs"].values(), *(v for n, v in status.items() if n != "outputs")]
    return needed <= status.keys() <= known and all(isinstance(t, str | None) for t in texts)
