"""Synthesized templates, each made once a run."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from domain.names import EVENT_BUS
from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.operations import OperationsStack
from stacks.sandbox import BuyWithPrimeSandboxStack
from stacks.settings import Settings

API = "https://api.example.com/graphql"
DEFAULT = Settings(api_url=API)
EXISTING = Settings(
    api_url=API,
    event_bus_arn="arn:aws:events:us-east-1:123456789012:event-bus/shop",
    bucket_arn="arn:aws:s3:::my-responses",
    event_source="buywithprime",
    log_execution_data=False,
    execution_logs="ERROR",
    redrive_delays=(),
    query_api_concurrency=10,
    token_url="https://auth.example.com/token",
    alarm_email="ops@example.com",
    archive_days=7,
    remove_data=True,
)


ACCELERATOR = "EventAcceleratorStack"
SANDBOX = "BuyWithPrimeSandboxStack"
OPERATIONS = "OperationsStack"


def template(settings: Settings, stack: str = ACCELERATOR) -> dict[str, Any]:
    """The template of a stack for these settings."""
    return templates(settings)[stack]


@cache
def templates(settings: Settings) -> dict[str, dict[str, Any]]:
    """The templates for these settings, by stack; fails on any finding of cdk-nag's."""
    with tempfile.TemporaryDirectory() as folder:
        # Copying the bundles into every assembly would take longer than the synthesis.
        app = App(outdir=folder, context={"aws:cdk:disable-asset-staging": True})
        environment = Environment(region="us-east-1")
        accelerator = EventAcceleratorStack(app, ACCELERATOR, settings, API, env=environment)
        BuyWithPrimeSandboxStack(app, SANDBOX, settings, EVENT_BUS, env=environment)
        OperationsStack(app, OPERATIONS, settings, accelerator, env=environment)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
        app.synth()
        return {
            stack: json.loads(Path(folder, f"{stack}.template.json").read_text())
            for stack in (ACCELERATOR, SANDBOX, OPERATIONS)
        }


def resources(settings: Settings, kind: str, stack: str = ACCELERATOR) -> dict[str, Any]:
    """The properties of a template's resources of a kind, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template(settings, stack)["Resources"].items()
        if resource["Type"] == kind
    }


def named(settings: Settings, kind: str, part: str, stack: str = ACCELERATOR) -> Any:
    """The properties of the one resource of a kind whose logical id has a part."""
    (found,) = [p for name, p in resources(settings, kind, stack).items() if part in name]
    return found
