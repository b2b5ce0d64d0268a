"""A row of the table that does not fit is told before anything is deployed."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.event_types import FIRED
from domain.family import Family
from stacks.definition import DEFINITION
from stacks.event_types import RowError, check

ORDER, BUYABILITY = FIRED["order_placed"], FIRED["buyability"]


def told(family: Family, definition: Path = DEFINITION) -> str:
    with pytest.raises(RowError) as refused:
        check([family], definition)
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"types": ORDER.types | {"order_lost": "ORDER_LOST"}}, "order has ORDER_LOST, which no"),
        ({"entity": "parcel"}, "leads to a state that says the entity parcel: add it to Choices"),
        ({"sample": {"detail": ORDER.sample["detail"]}}, "the row order has no detail-type"),
        ({"sample": {"detail-type": "x", "detail": {}}}, "no detail.orderIdentifier.orderId"),
        ({"sample": {"detail-type": "x"}}, "or no detail.eventType"),
        ({"id_at": "resources/order"}, "the sample of the row order has no resources/order"),
    ],
)
def test_what_a_row_lacks_is_told(change: dict[str, Any], wanted: str) -> None:
    assert wanted in told(ORDER._replace(**change))


def test_a_branch_that_ignores_is_none_for_its_type(tmp_path: Path) -> None:
    machine = json.loads(DEFINITION.read_text(encoding="utf-8"))
    route = machine["States"]["RouteByEventType"]
    route["Choices"] = [each for each in route["Choices"] if each["Next"] != "HydrateItem"]
    (other := tmp_path / "other.json").write_text(json.dumps(machine), encoding="utf-8")
    (event_type,) = BUYABILITY.types.values()
    assert event_type in told(BUYABILITY, other)
