"""What a deployment has that is paid for by the month, counted in its templates.

`make docs` writes it for `accelerator cost`, which does without the CDK.
"""

import json
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import App

from accelerator.cost import estimate
from domain.family import MOCK, PUBLISHED
from domain.telemetry import NAMESPACE
from stacks.deployment import add_stacks
from stacks.settings import Settings

FILE = Path(estimate.__file__).with_name("deployed.json")
# As for a real shop: its own bus, API and credentials, so that there is no sandbox.
REAL = Settings(
    api_url="https://api.example.com/graphql",
    event_bus_arn="arn:aws:events:us-east-1:123456789012:event-bus/shop",
    token_url="https://auth.example.com/token",
)
CONTRACTS = {MOCK: REAL, PUBLISHED: replace(REAL, api_version=PUBLISHED)}


@cache
def as_deployed(settings: Settings) -> dict[str, dict[str, Any]]:
    """The templates of the stacks that these settings ask for, by stack."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(
            outdir=folder,
            # It takes longer than all else.
            builtin_cloud_formation_validation=False,
            context={"aws:cdk:disable-asset-staging": True},
        )
        add_stacks(app, settings)
        app.synth()
        files = Path(folder).glob("*.template.json")
        return {file.name.split(".")[0]: json.loads(file.read_text()) for file in files}


def counted() -> dict[str, dict[str, int]]:
    """How many of each there are, by contract."""
    return {contract: count(settings) for contract, settings in CONTRACTS.items()}


def count(settings: Settings) -> dict[str, int]:
    """How many there are of what is paid for by the month."""
    found = [
        (resource["Type"], resource["Properties"])
        for stack in as_deployed(settings).values()
        for resource in stack["Resources"].values()
        if "Properties" in resource
    ]

    def of(kind: str) -> list[dict[str, Any]]:
        return [properties for its_kind, properties in found if its_kind == kind]

    dashboards = of("AWS::CloudWatch::Dashboard")
    return {
        "alarmMetrics": sum(map(metrics_of, of("AWS::CloudWatch::Alarm"))),
        "customMetrics": len({m for each in dashboards for m in custom(each)} | filtered(found)),
        "dashboards": len(dashboards),
        "secrets": len(of("AWS::SecretsManager::Secret")),
        "polledQueues": len(of("AWS::Lambda::EventSourceMapping")),
    }


def metrics_of(alarm: dict[str, Any]) -> int:
    """How many metrics an alarm is billed for: one, or as many as it computes with."""
    return len([each for each in alarm.get("Metrics", []) if "MetricStat" in each]) or 1


def custom(dashboard: dict[str, Any]) -> set[tuple[str, ...]]:
    """The metrics of our own in a dashboard, each with its dimensions."""
    body = dashboard["DashboardBody"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "<reference>" for part in body)
    return {
        tuple(part for part in row if isinstance(part, str))
        for widget in json.loads(text)["widgets"]
        for row in widget["properties"].get("metrics", [])
        if row[0] == NAMESPACE
    }


def filtered(found: list[tuple[str, dict[str, Any]]]) -> set[tuple[str, ...]]:
    """The metrics of our own that are made from logs."""
    return {
        (NAMESPACE, made["MetricName"])
        for kind, properties in found
        if kind == "AWS::Logs::MetricFilter"
        for made in properties["MetricTransformations"]
    }


def write() -> None:
    """Write the file, and let whoever has read it already know."""
    estimate.DEPLOYED.update(counted())
    FILE.write_text(json.dumps(estimate.DEPLOYED, indent=2) + "\n", encoding="utf-8")
