"""The shop that the published API tells of: `data/`, with what belongs together joined.

An order of `orders.json` is the basket of `order.json` at a moment of its life. An object that is
nothing but an id stands for what has it: a line item, a refund, a return, a tracker, an address.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from graphql import GraphQLError, GraphQLResolveInfo
from mock_api.published.errors import invalid

DATA = Path(__file__).parent / "data"
NO_SKU = invalid("The item's Amazon SKU is not configured.", "MissingAmazonSkuConfiguration")

Entities = dict[str, dict[str, Any]]


class Shop(NamedTuple):
    """The entities by their ids, a tracker by its tracking number."""

    orders: Entities
    products: Entities
    inventory_items: Entities
    trackers: Entities


def shop() -> Shop:
    """The shop, read anew."""
    trackers = {number: tracker(each) for number, each in read("trackers").items()}
    held = trackers | read("addresses")
    orders = {id: order(read("order") | each, held) for id, each in read("orders").items()}
    products, items = read("products"), read("inventory_items")
    for id, item in items.items():
        products[id]["inventoryItem"] = item
        item["product"] = products[id]
        item["buyableQuantity"] = item["buyableQuantity"] or no_sku
    return Shop(orders, products, items, trackers)


def read(name: str) -> Any:
    """What a file of the data holds."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def tracker(read: dict[str, Any]) -> dict[str, Any]:
    """A package tracker with its latest milestone."""
    return read | {"latestMilestone": read["milestones"][-1]}


def order(made: dict[str, Any], held: Entities) -> dict[str, Any]:
    """An order whose parts are joined with each other and with what else is held."""
    parts = [made["lineItems"], made["refunds"]["details"], made["returns"]["details"]]
    join(made, held | {each["id"]: each for part in parts for each in part})
    for line in made["lineItems"]:
        line["packageInformation"] = packages_of(line, made["packageInformation"])
    return made


def join(value: Any, known: Entities) -> None:
    """Put what an id stands for in the place of each object that is nothing but a known id."""
    places = value.items() if isinstance(value, dict) else enumerate(value)
    for place, inner in places:
        if isinstance(inner, dict) and inner.keys() == {"id"}:
            value[place] = known.get(inner["id"], inner)
        elif isinstance(inner, dict | list):
            join(inner, known)


def packages_of(line: dict[str, Any], packages: dict[str, Any]) -> dict[str, Any]:
    """Of an order's packages, those that a line item is in."""

    def holds(package: dict[str, Any]) -> bool:
        held = package["packageInformationDetailsFor"]["orderLineItems"]
        return any(each["lineItem"] is line for each in held)

    return packages | {"details": [each for each in packages["details"] if holds(each)]}


def no_sku(info: GraphQLResolveInfo) -> None:
    """A quantity that is not known: null, and an error of the item that has it (partial data)."""
    assert info.path.prev is not None
    told = GraphQLError(
        str(NO_SKU), info.field_nodes, path=info.path.prev.as_list(), original_error=NO_SKU
    )
    info.context.partial.append(told)
