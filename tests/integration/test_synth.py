"""The CDK application as a user synthesizes it: empty, full and wrong configurations."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SANDBOX, ACCELERATOR, OPERATIONS = (
    "BuyWithPrimeSandboxStack",
    "EventAcceleratorStack",
    "OperationsStack",
)
CANARIES = {"CLIENT_SECRET": "canary-secret", "API_TOKEN": "canary-token"}
FULL = CANARIES | {
    "MOCK_BWP_API": "https://api.example.com/graphql",
    "AWS_REGION": "us-east-1",
    "EVENT_BUS_ARN": "arn:aws:events:us-east-1:123456789012:event-bus/shop",
    "S3_BUCKET_ARN": "arn:aws:s3:::my-responses",
    "EVENT_SOURCE": "buywithprime",
    "TOKEN_URL": "https://auth.example.com/token",
    "CLIENT_ID": "shop",
    "ALARM_EMAIL": "ops@example.com",
    "ARCHIVE_DAYS": "30",
    "TAGS": "team=orders",
}


def synth(
    folder: Path, project: Path = PROJECT, /, **settings: str
) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "CDK_OUTDIR": str(folder),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
    }
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=project,
        env=environment | settings,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("settings", "stacks"),
    [({}, {SANDBOX, ACCELERATOR, OPERATIONS}), (FULL, {ACCELERATOR, OPERATIONS})],
    ids=["empty", "full"],
)
def test_what_is_synthesized_and_that_it_holds_no_secret(
    tmp_path: Path, settings: dict[str, str], stacks: set[str]
) -> None:
    ran = synth(tmp_path, **settings)
    assert ran.returncode == 0, ran.stderr
    templates = {file.name.split(".")[0] for file in tmp_path.glob("*.template.json")}
    assert templates == stacks
    for file in (file for file in tmp_path.rglob("*") if file.is_file()):
        content = file.read_bytes()
        assert not any(canary.encode() in content for canary in CANARIES.values()), file
    if settings:
        text = (tmp_path / f"{ACCELERATOR}.template.json").read_text()
        assert {"Key": "team", "Value": "orders"} in json.loads(text)["Resources"][
            next(name for name in json.loads(text)["Resources"] if "FailureQueue" in name)
        ]["Properties"]["Tags"]


def test_a_wrong_value_is_one_line(tmp_path: Path) -> None:
    ran = synth(tmp_path, EVENT_BUS_ARN="arn:aws:sqs:us-east-1:123456789012:shop")
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert line.startswith("EVENT_BUS_ARN=arn:aws:sqs:us-east-1:123456789012:shop is not the ARN")
    assert line.endswith("(see .env.example)")


def test_a_wrong_document_or_definition_is_not_synthesized(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "app.py", tmp_path)
    (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
    for name in ("domain", "stacks", "graphql", "mock_api", "state_machines"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    document = tmp_path / "graphql" / "singleOrder.graphql"
    document.write_text(
        "query singleOrder($orderId: String!) {\n  order(orderId: $orderId) { idd }\n}\n"
    )
    ran = synth(tmp_path / "out", tmp_path, PYTHONPATH=str(tmp_path))
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("graphql/singleOrder.graphql:2:30: Cannot query")
    definition = tmp_path / "state_machines" / "hydrate_event.asl.json"
    definition.write_text(definition.read_text().replace('"StartAt": "', '"StartAt": "Un'))
    ran = synth(tmp_path / "out", tmp_path, PYTHONPATH=str(tmp_path))
    assert ran.returncode == 1
    told = "state_machines/hydrate_event.asl.json:3:"
    assert ran.stderr.splitlines()[-1].startswith(told)
    assert not (tmp_path / "out" / "manifest.json").exists()
