"""The environment that tests run in: no AWS account, and what the functions are deployed with."""

import json
import os
import socket
from functools import cache
from pathlib import Path
from typing import Any, cast

import botocore.session
import botocore.useragent as user_agent
import typer.testing

from domain.event_types import families
from domain.family import MOCK

PROJECT = Path(__file__).parents[2]

# Whoever runs tests beside these (pytest-xdist's workers) has a local cloud and ports of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

# How long something may take that a busy machine does late, and a broken one never.
PATIENCE_SECONDS = 300

os.environ |= {
    "ACCELERATOR_STATE_DIR": str(PROJECT / "build" / "tests" / WORKER),
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "test",
    "POWERTOOLS_METRICS_DISABLED": "false",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
    # The CDK's own look at templates would take most of the time; cfn-lint looks at the same.
    "CDK_VALIDATION": "false",
    # What the functions are deployed with; each test gives QueryApi a connection of its own.
    "API_URL": "http://127.0.0.1:1/graphql",
    "API_TIMEOUT_SECONDS": str(PATIENCE_SECONDS),
    "API_TOKEN": "custom-authorized",
    "INSTALLATION_ID": "i34242",
    "RESPONSE_BUCKET_NAME": "responses",
    "REDRIVE_DELAYS": "",
    "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:HydrateEvent",
}
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"):
    os.environ.pop(name, None)
for name in ("API_VERSION", "TARGET_ID"):
    os.environ.pop(name, None)
# One loader for all sessions, or each mock_aws would read the services' models from disk again.
botocore.session.create_loader = cache(botocore.session.create_loader)
# Nor clean the same words for each request.
user_agent.sanitize_user_agent_string_component = cache(
    user_agent.sanitize_user_agent_string_component
)
# One tree of commands for all invocations, or each would read every signature again.
typer.testing._get_command = cache(typer.testing._get_command)  # type: ignore[attr-defined]


class LambdaContext:
    """As much of a Lambda context as the functions read."""

    aws_request_id = "6a7dd0ff-8a52-4b0c-9e4e-2f2f6f1c0d5e"
    remaining = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


def log_line(text: str) -> dict[str, Any]:
    """The last log line among what a function printed, which is metrics otherwise."""
    *_, line = [line for line in map(json.loads, text.splitlines()) if "level" in line]
    return cast("dict[str, Any]", line)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PutEvents:
    """A stand-in for EventBridge, with a contract's rules, that remembers what was put."""

    def __init__(self, contract: str = MOCK) -> None:
        self.entries: list[dict[str, Any]] = []
        self.rules = {family.name: family for family in families(contract)}

    def list_rule_names_by_target(self, TargetArn: str, EventBusName: str) -> dict[str, Any]:
        return {"RuleNames": list(self.rules)}

    def describe_rule(self, Name: str, EventBusName: str) -> dict[str, str]:
        pattern: Any = list(self.rules[Name].types.values())
        for name in reversed(self.rules[Name].type_at.split(".")):
            pattern = {name: pattern}
        return {"Arn": Name, "EventPattern": json.dumps(pattern)}

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.entries += Entries
        return {"Entries": [{"EventId": f"id-{n}"} for n in range(len(Entries))]}
