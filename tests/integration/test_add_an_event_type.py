"""The edits that the docs invite to, done on a copy of the project, leave its tests green."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.clone import cleared_environment, clone

PROJECT = Path(__file__).parents[2]
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
    return clone(tmp_path / "clone")


def test_the_documented_edits_hydrate_the_new_event(project: Path) -> None:
    assert edit(project, str) == {
        "domain/mock.py",
        "state_machines/hydrate_event.asl.json",
        "graphql/subscriptionOrder.graphql",
    }
    (project / "tests" / "state_machine" / "test_new.py").write_text(TRY)
    succeed(project)


def test_other_fields_and_a_type_of_ones_own_leave_the_tests_green(project: Path) -> None:
    edit(project, own)
    for name, edits in FIELDS.items():
        text = (project / name).read_text()
        for before, after in edits:
            assert before in text, before
            text = text.replace(before, after, 1)
        (project / name).write_text(text)
    (project / "tests" / "state_machine" / "test_new.py").write_text(own(TRY) + ADDED)
    succeed(project)


def succeed(project: Path) -> None:
    """Do in a copy of the project what the document says comes next; it succeeds."""
    environment, command = cleared_environment(project.parent / "home"), ["make", "docs", "fast"]
    ran = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
