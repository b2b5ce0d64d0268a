"""What the queries for entities find in the shop, by identifiers of the published forms."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphql import GraphQLResolveInfo
from mock_api.faults import Fault, Faults
from mock_api.published.errors import ASKED_FOR, Refused, denied, invalid
from mock_api.published.pages import page
from mock_api.published.shop import Entities, shop

ORDER_ID = re.compile(r"322-[0-9A-Z]{4}-[0-9A-Z]{6}")
INVENTORY_ITEM_ID = re.compile(r".{1,14}")
PRODUCTS_A_PAGE = 20

Entity = dict[str, Any]
Key = str | tuple[str, str]


class Queries:
    """The fields of the query's root that find entities, as resolvers."""

    def __init__(self) -> None:
        self._faults = Faults()
        self._shop = shop()
        self._orders = dict(keyed(self._shop.orders, order_keys))
        self._products = dict(keyed(self._shop.products, product_keys))
        self._trackers = dict(keyed(self._shop.trackers, tracker_keys))
        self._returns = {
            each["id"]: each
            for order in self._shop.orders.values()
            for each in order["returns"]["details"]
        }

    def root(self) -> dict[str, Callable[..., Any]]:
        """The resolvers by their fields."""
        return {
            "order": self.order,
            "packageTracker": self.package_tracker,
            "product": self.product,
            "products": self.products,
            "inventoryItem": self.inventory_item,
            "return": self.returned,
        }

    def order(self, info: GraphQLResolveInfo, orderIdentifier: Entity) -> Entity | None:
        """An order by its id or one of its aliases."""
        name, given = only_one(orderIdentifier)
        if name == "orderId":
            return self._found(info, self._orders, (name, given), given, ORDER_ID)
        return self._found(
            info, self._orders, (given["aliasType"], given["aliasId"]), given["aliasId"]
        )

    def package_tracker(
        self, info: GraphQLResolveInfo, packageTrackerInput: Entity
    ) -> Entity | None:
        """A tracker by its carrier's code and its number."""
        wanted = packageTrackerInput["packageTrackerIdentifier"]
        number = wanted["trackingNumber"]
        return self._found(info, self._trackers, (wanted["carrierCode"], number), number)

    def product(self, info: GraphQLResolveInfo, identifier: Entity | None = None) -> Entity | None:
        """A product by its SKU, its Amazon SKU, its external id or, which is unproven, its id."""
        name, given = only_one(identifier or {})
        value = given["value"] if isinstance(given, dict) else given
        return self._found(info, self._products, (name, value), value)

    def products(
        self,
        _info: GraphQLResolveInfo,
        after: str | None = None,
        first: int | None = None,
        filter: Entity | None = None,
    ) -> Entity:
        """All products, whatever the filter: how it is written is not known."""
        nodes = {
            f"catalogid#{id}": product | {"__typename": "Product"}
            for id, product in self._shop.products.items()
        }
        return page(nodes, after, first, PRODUCTS_A_PAGE)

    def inventory_item(self, info: GraphQLResolveInfo, inventoryItemId: str) -> Entity | None:
        """An inventory item by its id."""
        items = self._shop.inventory_items
        return self._found(info, items, inventoryItemId, inventoryItemId, INVENTORY_ITEM_ID)

    def returned(self, info: GraphQLResolveInfo, input: Entity) -> Entity:
        """A return by its id."""
        _, given = only_one(input)
        return {"returnDetails": self._found(info, self._returns, given, given)}

    def _found(
        self,
        info: GraphQLResolveInfo,
        known: Mapping[Any, Entity],
        key: Key,
        entity_id: str,
        form: re.Pattern[str] | None = None,
    ) -> Entity | None:
        """The entity with a key, or what its id asks for if that is a magic one, of whatever form.

        Raises:
            Fault: the id asks for it.
            Refused: the id is of another form, is not known, or asks for an error.
        """
        try:
            wish = self._faults.wish(entity_id)
        except Fault as fault:
            asked_for(fault)
            return None
        if wish is not None:
            info.context.kib = wish.kib
            return wish.of(known.values())
        if form and not form.fullmatch(entity_id):
            raise invalid("The identifier is not of the form of its kind.")
        if key not in known:
            raise denied()
        return known[key]


def keyed(
    entities: Entities, keys: Callable[[Entity], Iterator[Key]]
) -> Iterator[tuple[Key, Entity]]:
    """Entities by each of their keys."""
    return ((key, entity) for entity in entities.values() for key in keys(entity))


def order_keys(order: Entity) -> Iterator[Key]:
    """What an order is found by."""
    yield "orderId", order["id"]
    yield from ((alias["aliasType"], alias["aliasId"]) for alias in order["aliases"])


def product_keys(product: Entity) -> Iterator[Key]:
    """What a product is found by."""
    yield "productId", product["id"]
    names = ("sku", "amazonSku", "externalId")
    yield from ((name, product[name]["value"]) for name in names if product[name])


def tracker_keys(tracker: Entity) -> Iterator[Key]:
    """What a tracker is found by."""
    identifier = tracker["packageTrackerIdentifier"]
    yield identifier["carrierCode"], identifier["trackingNumber"]


def only_one(identifier: Entity) -> tuple[str, Any]:
    """The one way in which an identifier identifies, and the value."""
    given = [(name, value) for name, value in identifier.items() if value is not None]
    if len(given) != 1:
        raise invalid("Give exactly one identifier.")
    return given[0]


def asked_for(fault: Fault) -> None:
    """Raise the error that a magic id asks for, or the fault, unless it asks for no entity."""
    if fault.kind in ASKED_FOR:
        raise Refused("Asked for by the id.", ASKED_FOR[fault.kind])
    if fault.kind != "missing":
        raise fault
