"""A deployment is looked for where it was deployed to."""

from pathlib import Path
from typing import Any

import pytest

from accelerator import deployment
from accelerator.problem import Problem
from tests.harness.deployments import deployment as made_up


class Session:
    """A session of an account with one stack, whose outputs a test gives."""

    outputs: dict[str, str]

    def __init__(self, region_name: str | None = None) -> None:
        self.region_name = region_name

    def client(self, _service: str) -> "Session":
        return self

    def describe_stacks(self, **_: Any) -> Any:
        outputs = [{"OutputKey": n, "OutputValue": v} for n, v in type(self).outputs.items()]
        return {"Stacks": [{"Outputs": outputs}]}


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(deployment, "PROJECT", tmp_path)
    monkeypatch.setattr("accelerator.deployment.boto3.Session", Session)
    rest = dict.fromkeys(("FailureQueueUrl", "DeadLetterQueueUrl", "StateMachineArn"), "x")
    told = made_up(event_bus_name="bus", response_bucket_name="b").outputs.told()
    Session.outputs = told | rest
    monkeypatch.delenv("AWS_REGION")
    return tmp_path / ".env"


def test_the_region_is_that_of_the_settings(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deployment.aws_cloud().session.region_name is None
    env_file.write_text("AWS_REGION=eu-west-1\n")
    assert deployment.aws_cloud().region == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert deployment.aws_cloud().region == "us-west-2"


@pytest.mark.usefixtures("env_file")
def test_an_output_that_is_missing_is_named() -> None:
    del Session.outputs["StateMachineArn"]
    with pytest.raises(Problem, match="has no output StateMachineArn: deploy it again"):
        deployment.aws_cloud()
