"""Updates from any settings to any others: no export vanishes that an old template imports."""

import json
import re
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from domain.names import archive
from stacks.settings import Settings
from tests.harness.deployed import as_deployed

pytestmark = pytest.mark.slow

API = "https://api.example.com/graphql"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/shop"
SETTINGS = {
    "nothing": Settings(),
    "an API": Settings(api_url=API),
    "a bus": Settings(event_bus_arn=BUS),
    "archives": Settings(archive_days=7),
    "archives of a bus": Settings(archive_days=7, event_bus_arn=BUS),
    "credentials": Settings(token_url="https://auth.example.com/token"),
    "the published contract": Settings(
        api_version="2024-11-01", target_id="bp-1", api_url=API, event_bus_arn=BUS
    ),
}

Templates = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def synthesized() -> dict[str, Templates]:
    return {name: as_deployed(settings) for name, settings in SETTINGS.items()}


def exports(template: dict[str, Any]) -> set[str]:
    outputs = template.get("Outputs", {}).values()
    return {output["Export"]["Name"] for output in outputs if "Export" in output}


def imports(templates: Templates) -> set[str]:
    return set(re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(templates)))


def changes(synthesized: dict[str, Templates]) -> Iterator[tuple[str, Templates, Templates]]:
    for old, new in permutations(SETTINGS, 2):
        yield f"from {old} to {new}", synthesized[old], synthesized[new]


def test_no_export_vanishes_that_is_imported(synthesized: dict[str, Templates]) -> None:
    """A stack that no settings ask for any more is left as it is, with all that it exports."""
    for told, old, new in changes(synthesized):
        for stack in old.keys() & new.keys():
            assert not (exports(old[stack]) - exports(new[stack])) & imports(old), told


def test_no_archive_has_to_change_its_bus(synthesized: dict[str, Templates]) -> None:
    """CloudFormation does not replace what has a name of its own."""

    def sources(templates: Templates) -> dict[str, str]:
        found = templates["OperationsStack"]["Resources"].values()
        archives = [each["Properties"] for each in found if each["Type"] == "AWS::Events::Archive"]
        return {each["ArchiveName"]: json.dumps(each["SourceArn"]) for each in archives}

    for told, old, new in changes(synthesized):
        before, after = sources(old), sources(new)
        assert all(after.get(name, source) == source for name, source in before.items()), told


def test_an_archive_s_name_is_one() -> None:
    partner = "aws.partner/buywithprime.amazon.com/bp-123/events"
    assert re.fullmatch(r"[.\-_A-Za-z0-9]{1,48}", archive("inventory", partner))
