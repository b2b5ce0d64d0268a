"""Subscriptions to events, which make partner event sources on EventBridge; kept in memory."""

import base64
import re
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from graphql import GraphQLResolveInfo
from mock_api.published.errors import denied, invalid
from mock_api.published.pages import page
from mock_api.published.shop import read

# As the reference's example of the error prints it.
REGION = re.compile(
    r"(us(-gov)?|ap|ca|cn|eu|sa|af)-(central|(north|south)?(east|west)?)-[0-9]", re.ASCII
)
ACCOUNT = re.compile(r"[0-9]{12}")
# What EventBridge takes in the name of a partner event source (CreatePartnerEventSource).
NAME = re.compile(r"[.\-_A-Za-z0-9]{1,200}")
SUBSCRIPTION_ID = re.compile(r".{1,50}")
SUBSCRIPTIONS_A_PAGE = 1000


class Destination(NamedTuple):
    """A partner event source: in a region, for an account."""

    region: str
    account: str
    name: str


class Subscription(NamedTuple):
    """One event type, to one destination."""

    target_id: str
    event_type: str
    destination: Destination


class Subscriptions:
    """The fields of the roots that are about subscriptions, as resolvers."""

    def __init__(self) -> None:
        self._event_types = frozenset(read("event_types"))
        self._held: dict[str, Subscription] = {}

    def root(self) -> dict[str, Callable[..., Any]]:
        """The resolvers by their fields."""
        return {
            "createEventSubscription": self.create,
            "deleteEventSubscription": self.delete,
            "eventSubscription": self.one,
            "eventSubscriptions": self.all,
        }

    def create(self, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, str]:
        """Subscribe to an event type."""
        wanted = Subscription(
            info.context.target_id, input["eventType"], destination_of(input["destination"])
        )
        if wanted.event_type not in self._event_types:
            raise denied()
        for held in self._held.values():
            check_beside(wanted, held)
        subscription_id = str(uuid.uuid4())
        self._held[subscription_id] = wanted
        return {"subscriptionId": subscription_id}

    def delete(self, _info: GraphQLResolveInfo, subscriptionId: str) -> dict[str, str]:
        """End a subscription."""
        self._find(subscriptionId)
        del self._held[subscriptionId]
        return {"subscriptionId": subscriptionId}

    def one(self, _info: GraphQLResolveInfo, subscriptionId: str) -> dict[str, Any]:
        """What a subscription is of."""
        found = self._find(subscriptionId)
        arn = (
            f"arn:aws:events:{found.destination.region}::event-source/"
            f"aws.partner/buywithprime/{found.destination.name}"
        )
        return {
            "subscriptionId": subscriptionId,
            "targetId": found.target_id,
            "eventSubscriptionDetails": {
                "eventType": found.event_type,
                "destination": {"__typename": "EventBridgeData", "arn": arn},
            },
        }

    def all(
        self, _info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        """The ids of all subscriptions. Where there are none that is refused, as the page says."""
        if not self._held:
            raise denied()
        nodes = {cursor(place): {"id": id} for place, id in enumerate(self._held)}
        return page(nodes, after, first, SUBSCRIPTIONS_A_PAGE)

    def _find(self, subscription_id: str) -> Subscription:
        if not SUBSCRIPTION_ID.fullmatch(subscription_id):
            raise invalid("subscriptionId must have 1 to 50 characters.")
        if subscription_id not in self._held:
            raise denied()
        return self._held[subscription_id]


def destination_of(given: dict[str, Any]) -> Destination:
    """A destination whose parts are of the right forms."""
    event_bridge = given["eventBridge"]
    region, source = event_bridge["region"], event_bridge["partnerEventSource"]
    for form, text in ((REGION, region), (ACCOUNT, source["account"]), (NAME, source["name"])):
        if not form.fullmatch(text):
            raise invalid(f"The destination must match ^{form.pattern}$.", "ValidationError")
    return Destination(region, source["account"], source["name"])


def check_beside(wanted: Subscription, held: Subscription) -> None:
    """Check that both can be: a name, which is of all the world, is of one destination alone."""
    if wanted.destination == held.destination and wanted.event_type == held.event_type:
        raise invalid("There is this subscription already.", "SubscriptionAlreadyExists")
    if wanted.destination.name == held.destination.name and wanted.destination != held.destination:
        raise invalid("The name is taken.", "DestinationNameAlreadyExists")


def cursor(place: int) -> str:
    """A cursor as the reference's examples have it: `MA==` is the first."""
    return base64.b64encode(str(place).encode()).decode()
