"""A deployment is looked for where it was deployed to."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from accelerator import deployment
from accelerator.problem import Problem
from domain.names import STACK
from tests.harness.aws import strict_aws

OUTPUTS = {
    "EventBusName": "bus",
    "ResponseBucketName": "bucket",
    "FailureQueueUrl": "failures",
    "DeadLetterQueueUrl": "dead",
    "StateMachineArn": "arn",
}


def deploy(region: str, outputs: dict[str, str]) -> None:
    template: Any = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    client = boto3.client("cloudformation", region_name=region)
    client.create_stack(StackName=STACK, TemplateBody=json.dumps(template))


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(deployment, "PROJECT", tmp_path)
    monkeypatch.delenv("AWS_REGION")
    return tmp_path / ".env"


def test_the_region_is_that_of_the_settings(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("AWS_REGION=eu-west-1\n")
    with strict_aws():
        deploy("eu-west-1", OUTPUTS)
        found = deployment.aws_cloud()
        assert (found.region, found.outputs.event_bus_name) == ("eu-west-1", "bus")
        monkeypatch.setenv("AWS_REGION", "us-west-2")
        with pytest.raises(Problem, match=f"{STACK} is not to be found"):
            deployment.aws_cloud()


def test_an_output_that_is_missing_is_named(env_file: Path) -> None:
    with strict_aws():
        deploy("us-east-1", {name: v for name, v in OUTPUTS.items() if name != "StateMachineArn"})
        with pytest.raises(Problem, match="has no output StateMachineArn: deploy it again"):
            deployment.aws_cloud()
