"""docs/consume.md: its stack hears of each order that is hydrated, once, and of nothing else."""

import json
import os
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aws_cdk import App, BootstraplessSynthesizer

from accelerator.deployment import Deployment
from tests.harness.local_cloud import accelerator, wait_for_the_end, wait_until

PAGE = Path(__file__).parents[2] / "docs" / "consume.md"
(PAGE_CODE,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def names_of(code: str, **environment: str) -> dict[str, Any]:
    """What a document's code defines."""
    names: dict[str, Any] = {}
    with patch.dict(os.environ, environment):
        exec(code, names)
    return names


def template_of_the_page(bucket: str) -> dict[str, Any]:
    """What the page's code deploys."""
    app = App()
    names_of(PAGE_CODE)["Orders"](app, "Orders", bucket, synthesizer=BootstraplessSynthesizer())
    template: dict[str, Any] = app.synth().get_stack_by_name("Orders").template
    return template


def test_the_consumer_reads_each_order_that_is_hydrated(
    cloud: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    template = template_of_the_page(cloud.outputs.response_bucket_name)
    # The function would take the announcements that the test counts.
    (mapping,) = [n for n, r in template["Resources"].items() if "EventSourceMapping" in r["Type"]]
    del template["Resources"][mapping]
    stacks = cloud.session.client("cloudformation", endpoint_url=cloud.endpoint)
    name = stacks.create_stack(StackName="Orders", TemplateBody=json.dumps(template))["StackId"]

    def status() -> str:
        return stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]

    wait_until(lambda: status() == "CREATE_COMPLETE", told=status)
    (queue,) = cloud.sqs.list_queues(QueueNamePrefix="Orders-")["QueueUrls"]
    for event_type in ("order_placed", "inventory", "order_updated"):
        accelerator("fire", event_type)
    heard: list[dict[str, Any]] = []

    def heard_of_both() -> bool:
        taken = cloud.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        heard.extend(json.loads(each["Body"]) for each in taken.get("Messages", []))
        return len(heard) >= 2

    wait_for_the_end(cloud)
    wait_until(heard_of_both)
    keys = [each["detail"]["object"]["key"] for each in heard]
    assert sorted(key.rsplit("/", 2)[0] for key in keys) == [
        *("order/ORDER_PLACED", "order/ORDER_UPDATED")
    ]
    read = names_of(PAGE_CODE)["READ"]
    reader = names_of(read, AWS_DEFAULT_REGION=cloud.region)
    reader["s3"] = cloud.s3
    reader["handler"]({"Records": [{"body": json.dumps(each)} for each in heard]}, None)
    assert capsys.readouterr().out.splitlines() == [f"{key} ['order']" for key in keys]
