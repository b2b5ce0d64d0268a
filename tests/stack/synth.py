"""Synthesized templates, each made once a run."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.settings import Settings

API = "https://api.example.com/graphql"
DEFAULT = Settings(api_url=API)
EXISTING = Settings(
    api_url=API,
    event_bus_arn="arn:aws:events:us-east-1:123456789012:event-bus/shop",
    bucket_arn="arn:aws:s3:::my-responses",
    event_source="buywithprime",
    log_execution_data=False,
    redrive_delays=(),
    query_api_concurrency=10,
)


@cache
def template(settings: Settings) -> dict[str, Any]:
    """The template for these settings; fails on any finding of cdk-nag's."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder)
        stack = EventAcceleratorStack(
            app, "EventAcceleratorStack", settings, env=Environment(region="us-east-1")
        )
        Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
        app.synth()
        text = Path(folder, f"{stack.stack_name}.template.json").read_text()
        made: dict[str, Any] = json.loads(text)
        return made


def resources(settings: Settings, kind: str) -> dict[str, Any]:
    """The properties of a template's resources of a kind, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template(settings)["Resources"].items()
        if resource["Type"] == kind
    }


def named(settings: Settings, kind: str, part: str) -> Any:
    """The properties of the one resource of a kind whose logical id has a part."""
    (found,) = [p for name, p in resources(settings, kind).items() if part in name]
    return found
