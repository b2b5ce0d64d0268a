"""docs/add-an-event-type.md, done to the letter on a copy of the project, hydrates a new event."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
# What the table is written to, and the tests that derive from it.
DERIVED = (
    *("tests/stack/test_stack.py", "tests/stack/test_operations.py"),
    *("tests/state_machine/test_mock_config.py", "tests/state_machine/test_definition.py"),
    *("tests/state_machine/test_hydration.py", "tests/state_machine/test_new.py"),
    *("tests/unit/test_doctor_and_replay.py", "tests/unit/test_extract_id.py"),
    *("tests/unit/test_cli.py", "tests/unit/test_said_once.py", "tests/unit/test_mock_api.py"),
)
BLOCK = re.compile(
    r"```\w+\n(?:#|//) (?P<file>\S+), (?:after: (?P<anchor>[^\n]+)|new)\n(?P<text>.*?)```",
    re.DOTALL,
)
COPIED = (
    *("accelerator", "domain", "functions", "graphql", "mock_api", "stacks", "state_machines"),
    *("bench", "docs", "tests", "README.md", ".env.example", "pyproject.toml", "uv.lock", "app.py"),
)
TRY = """
import json
from functions.query_api.connection import Connection
from tests.harness.environment import unused_port
from tests.harness.events import delivered
from mock_api.events import entry
from tests.harness.interpreter import interpreter

def test_it(mock_api):
    event = delivered(entry("subscription_renewed"), id="one")
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


def test_the_documented_edits_hydrate_the_new_event(tmp_path: Path) -> None:
    for name in COPIED:
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    # The functions' libraries, which take a while to install.
    (tmp_path / "build").symlink_to(PROJECT / "build")
    assert edit(tmp_path) == {
        "domain/mock.py",
        "state_machines/hydrate_event.asl.json",
        "graphql/subscriptionOrder.graphql",
    }
    (tmp_path / "tests" / "state_machine" / "test_new.py").write_text(TRY)
    run(tmp_path, "tests.harness.docs")
    run(tmp_path, "pytest", *DERIVED)


def run(project: Path, *module: str) -> None:
    """Run a module of a copy of the project; it succeeds."""
    ran = subprocess.run(
        [sys.executable, "-m", *module],
        cwd=project,
        env={"PYTHONPATH": str(project), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
