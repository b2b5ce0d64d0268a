"""What is stored beside a response tells which event it is of, whatever the event's id."""

import hashlib
from email.header import Header
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.metadata import NAMES, metadata, read
from functions.extract_id.extraction import is_sane
from functions.query_api import graphql
from tests.harness.environment import PROJECT

# What S3 keeps of user metadata in all (S3 user guide, "User-defined object metadata").
MOST_BYTES = 2048
DIGEST = "0" * 64

ids = st.text(min_size=1, max_size=256).filter(is_sane)


def of(entity_id: str) -> dict[str, str]:
    hydration: dict[str, Any] = {
        "entity": "inventory",
        "id": entity_id,
        "eventId": "e" * 64,
        "eventType": "RETURN_PACKAGE_DELIVERY_FAILED",
    }
    return metadata(hydration, "2024-11-01", DIGEST)


@given(entity_id=ids)
@example(entity_id="322-F7BK-3EVJE7")
@example(entity_id="\U0001f98a" * 256)
@example(entity_id="a  b ")
@example(entity_id="=?UTF-8?B?YQ==?=")
@example(entity_id="a=?UTF-8?B?YQ==?=")
def test_any_id_is_told_in_what_a_header_carries_and_reads_back(entity_id: str) -> None:
    told = of(entity_id)
    assert tuple(told) == NAMES
    assert all(c.isascii() and c.isprintable() and c != " " for c in "".join(told.values()))
    assert len("".join((*told, *told.values()))) <= MOST_BYTES
    assert read(told)["entity-id"] == entity_id
    # S3 decodes and encodes again what is not ASCII, in an encoding of its own choice.
    again = told | {"entity-id": Header(entity_id, "utf-8").encode(linesep="")}
    assert read(again)["entity-id"] == entity_id


def test_an_id_of_visible_ascii_is_told_as_it_is() -> None:
    assert of("322-F7BK/3EV?=")["entity-id"] == "322-F7BK/3EV?="


@pytest.mark.parametrize("value", ["=?x?B?YQ==?=", "=?utf-8?B?Y?=", "=?utf-8?B?/w==?="])
def test_what_somebody_else_wrote_is_no_reason_to_fail(value: str) -> None:
    assert read({"entity": value, "other": "x"}).keys() == {"entity"}


def test_the_digest_is_that_of_the_documents_file() -> None:
    file = PROJECT / "graphql" / "2024-11-01" / "order.graphql"
    assert graphql.digest("2024-11-01/order") == hashlib.sha256(file.read_bytes()).hexdigest()
