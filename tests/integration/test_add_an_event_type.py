"""docs/add-an-event-type.md, done to the letter on a copy of the project, hydrates a new event."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"```\w+\n(?:#|//) (?P<file>\S+), (?:after: (?P<anchor>[^\n]+)|new)\n(?P<text>.*?)```",
    re.DOTALL,
)
COPIED = (
    *("domain", "functions", "graphql", "mock_api", "stacks", "state_machines", "tests"),
    "pyproject.toml",
)
TRY = """
import json
from functions.query_api.connection import Connection
from tests.conftest import unused_port
from tests.events import delivered
from mock_api.events import put_events_entry
from tests.state_machine.interpreter import interpreter

def test_it(mock_api):
    detail = {"subscription": {"orderId": "322-6XP3-AQWKKF"}}
    event = delivered(put_events_entry("SUBSCRIPTION_RENEWED", detail), id="one")
    connection = Connection(f"{mock_api}/graphql")
    with interpreter(connection) as machine:
        run = machine.run(event)
    connection.close()
    key = "subscription/SUBSCRIPTION_RENEWED/2026-11-24/20261124T081850Z_one.json"
    assert run.objects[key]["data"]["order"]["id"] == "322-6XP3-AQWKKF"
"""


def edit(project: Path) -> set[str]:
    """Make the edits of the document, and return the files edited."""
    text = (PROJECT / "docs" / "add-an-event-type.md").read_text()
    edited = set()
    for block in BLOCK.finditer(text):
        file = project / block["file"]
        if block["anchor"] is None:
            file.write_text(block["text"])
        else:
            before, anchor, after = file.read_text().partition(block["anchor"] + "\n")
            assert anchor, block["anchor"]
            file.write_text(before + anchor + block["text"] + after)
        edited.add(block["file"])
    return edited


def patterns(project: Path) -> Any:
    """The rules' patterns, read without the CDK."""
    for node in ast.parse((project / "stacks" / "ingestion.py").read_text()).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "PATTERNS":
            assert node.value is not None
            return ast.literal_eval(node.value)
    raise AssertionError("stacks/ingestion.py has no PATTERNS")


def test_the_documented_edits_hydrate_the_new_event(tmp_path: Path) -> None:
    for name in COPIED:
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    assert edit(tmp_path) == {
        "stacks/ingestion.py",
        "state_machines/hydrate_event.asl.json",
        "functions/extract_id/handler.py",
        "graphql/subscriptionOrder.graphql",
    }
    assert patterns(tmp_path)["Subscription"] == {"detail_type": ["SUBSCRIPTION_RENEWED"]}
    (tmp_path / "tests" / "state_machine" / "test_new.py").write_text(TRY)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/state_machine/test_new.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout
