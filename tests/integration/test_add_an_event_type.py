"""The edits that the docs invite to, done on a copy of the project, leave its tests green."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.bundle import BUNDLES, libraries

PROJECT = Path(__file__).parents[2]
# What the table is written to, and the tests that derive from it.
DERIVED = (
    *("tests/stack/test_stack.py", "tests/stack/test_operations.py"),
    *("tests/state_machine/test_mock_config.py", "tests/state_machine/test_definition.py"),
    *("tests/state_machine/test_hydration.py", "tests/state_machine/test_new.py"),
    *("tests/unit/test_doctor_and_replay.py", "tests/unit/test_extract_id.py"),
    *("tests/unit/test_cli.py", "tests/unit/test_said_once.py", "tests/unit/test_mock_api.py"),
    "tests/unit/test_documents.py",
)
# The tests that ask the mock for what the documents name.
ASKING = (
    *("tests/unit/test_documents.py", "tests/unit/test_mock_api.py"),
    *("tests/unit/test_mock_published.py", "tests/unit/test_published_on_the_wire.py"),
    *("tests/state_machine/test_hydration.py", "tests/state_machine/test_new.py"),
    "tests/state_machine/test_properties.py::test_a_large_response_is_stored_whole",
)
QUICK = ("--hypothesis-profile", "fast")
# Fields removed, under another name, and added that the schema has.
FIELDS = {
    "mock_api/schema.graphql": (("type Order {\n", "type Order {\n  giftNote: String\n"),),
    "graphql/singleOrder.graphql": (
        ("    id\n    orderState {", "    id\n    giftNote\n    orderState {"),
        ("        name\n        email\n", "        name\n"),
        ("        description\n", ""),
        ("      placedAt\n", "      placed: placedAt\n"),
    ),
    "graphql/itemByID.graphql": (("      title\n", "      name: title\n"), ("      sku\n", "")),
    "graphql/inventoryItem.graphql": (("    inventoryItemId\n", ""),),
    "graphql/2024-11-01/order.graphql": (
        ("contact { id name email }", "contact { id called: name }"),
    ),
    "graphql/2024-11-01/packageTracker.graphql": (
        ("    trackingUrl\n", "    link: trackingUrl\n"),
    ),
    "graphql/2024-11-01/product.graphql": (("    productDetailPageUrl\n", ""),),
    "graphql/2024-11-01/inventoryItem.graphql": (("      productDetailPageUrl\n", ""),),
}
# A type of one's own in place of the document's.
OWN = {
    "SUBSCRIPTION_RENEWED": "SHIPMENT_DELAYED",
    "subscription_renewed": "shipment_delayed",
    "subscriptionOrder": "delayedOrder",
    "HydrateSubscription": "HydrateShipment",
    "subscription": "shipment",
}
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
from accelerator.fire import entries
from domain.family import MOCK
from tests.harness.interpreter import interpreter

def test_it(mock_api):
    event = delivered(*entries(MOCK, "subscription_renewed"), id="one")
    connection = Connection(f"{mock_api}/graphql")
    with interpreter(connection) as machine:
        run = machine.run(event)
    connection.close()
    key = "subscription/SUBSCRIPTION_RENEWED/2026-11-24/20261124T081850Z_322-6XP3-AQWKKF_one.json"
    assert run.objects[key]["data"]["order"]["id"] == "322-6XP3-AQWKKF"
"""


ADDED = """
from tests.harness.events import order

def test_an_added_field_is_seen(machine):
    (body,) = machine.run(order()).objects.values()
    assert body["data"]["order"]["giftNote"] == "some giftNote"
"""


def own(text: str) -> str:
    """A text about the document's type as one about another."""
    for name, other in OWN.items():
        text = text.replace(name, other)
    return text


def edit(project: Path, change: Callable[[str], str]) -> set[str]:
    """Make the edits of the document, each changed, and return the files edited."""
    text = change((PROJECT / "docs" / "add-an-event-type.md").read_text())
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


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project."""
    for name in COPIED:
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
    # The functions' libraries, which take a while to install; not what other tests keep there.
    (tmp_path / "build").mkdir()
    for group in {group for _, group in BUNDLES.values()}:
        made = libraries(group)
        (tmp_path / "build" / made.name).symlink_to(made)
    return tmp_path


def test_the_documented_edits_hydrate_the_new_event(project: Path) -> None:
    assert edit(project, str) == {
        "domain/mock.py",
        "state_machines/hydrate_event.asl.json",
        "graphql/subscriptionOrder.graphql",
    }
    (project / "tests" / "state_machine" / "test_new.py").write_text(TRY)
    run(project, "tests.harness.docs")
    run(project, "pytest", *QUICK, *DERIVED)


def test_other_fields_and_a_type_of_ones_own_leave_the_tests_green(project: Path) -> None:
    edit(project, own)
    for name, edits in FIELDS.items():
        text = (project / name).read_text()
        for before, after in edits:
            assert before in text, before
            text = text.replace(before, after, 1)
        (project / name).write_text(text)
    (project / "tests" / "state_machine" / "test_new.py").write_text(own(TRY) + ADDED)
    run(project, "tests.harness.docs")
    run(project, "pytest", *QUICK, *ASKING)


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
