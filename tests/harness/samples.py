"""docs/samples: an object as it is stored of each entity, in each contract, asked of the mock."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers

from domain.event_types import families
from domain.family import MOCK, PUBLISHED, Family
from domain.metadata import metadata
from domain.names import MOCK_TOKEN
from functions.extract_id.extraction import extract_id
from functions.query_api.graphql import digest, document
from mock_api import events
from mock_api.graphql_api import GraphQLApi
from mock_api.oauth import OAuth
from mock_api.published.api import PublishedApi
from mock_api.wire import Wire
from tests.harness.events import delivered

FOLDER = Path(__file__).parents[2] / "docs" / "samples"
WIRE, OAUTH = Wire(lambda _: None, 0), OAuth(1, MOCK_TOKEN)
SHOWN_LINES = 16
EVENT_ID = "19bdd20e-7380-4057-8ce5-008bd9fc5cd3"
BEGINNING = """\
# Samples

An object as it is stored of each entity: what the mock answers the document in
[`graphql/`](../../graphql), here indented. `make docs` writes them, a test holds them to what is
stored, and a consumer's own tests can read them.

| contract | object | of the event | key |
| --- | --- | --- | --- |
"""
END = """
The user metadata of the first ([what each is](../data.md)):

```json
{}
```
"""


def hydration_of(family: Family) -> dict[str, Any]:
    """What ExtractId tells of the first of the family's events."""
    return extract_id(delivered(events.entry(next(iter(family.types))), id=EVENT_ID))


def answer(contract: str, hydration: dict[str, Any]) -> dict[str, Any]:
    """What the mock answers an event's document, without anything in between."""
    asked = document(hydration["document"]), hydration["variables"]
    if contract == MOCK:
        answered = GraphQLApi(WIRE, OAUTH)._execute(*asked)
    else:
        told = {"authorization": f"Bearer {MOCK_TOKEN}", "x-api-version": contract}
        headers = Headers(told | {"x-api-target-id": hydration["targetId"]})
        answered = PublishedApi(WIRE, OAUTH)._execute(headers, *asked)
    assert answered.keys() == {"data"}, answered
    return answered


def samples() -> dict[Path, str]:
    """The text of each file."""
    told, table, first = dict[Path, str](), BEGINNING, ""
    for contract in (MOCK, PUBLISHED):
        for family in first_of_each(families(contract)):
            hydration = hydration_of(family)
            name = f"{contract}/{family.entity}.json"
            body = answer(contract, hydration)
            told[FOLDER / name] = as_text(body)
            first = first or as_text(metadata(hydration, contract, digest(family.document)))
            table += f"| {contract} | [`{family.entity}`]({name}) | `{hydration['eventType']}` "
            table += f"| `{hydration['key']}` |\n"
    return told | {FOLDER / "README.md": table + END.format(first.rstrip())}


def first_of_each(of: tuple[Family, ...]) -> list[Family]:
    """The first family of each entity."""
    entities = [each.entity for each in of]
    return [each for at, each in enumerate(of) if each.entity not in entities[:at]]


def beginning() -> Iterable[str]:
    """How the first one begins, for README."""
    lines = samples()[FOLDER / MOCK / "order.json"].splitlines()
    yield "```json"
    yield from lines[:SHOWN_LINES]
    yield "..."
    yield "```"


def as_text(value: Any) -> str:
    """JSON as the files have it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write() -> None:
    """Write them all."""
    for path, text in samples().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
