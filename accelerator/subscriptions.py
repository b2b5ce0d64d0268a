"""Subscribes to Buy with Prime's events, and makes the bus that they come on.

The mutations and queries are those of the documentation's Event interface.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from accelerator.deployment import Deployment
from accelerator.failures.named import unknown
from accelerator.problem import Problem
from accelerator.published_api import PublishedApi, Refused
from domain.names import PREFIX
from stacks.settings import Settings

CREATE = """
mutation create($input: CreateEventSubscriptionInput!) {
  createEventSubscription(input: $input) { subscriptionId }
}"""
DELETE = """
mutation delete($id: String!) { deleteEventSubscription(subscriptionId: $id) { subscriptionId } }"""
LIST = """
query list($after: String) {
  eventSubscriptions(first: 100, after: $after) {
    edges { node { id } }
    pageInfo { endCursor hasNextPage }
  }
}"""
ONE = """
query one($id: String!) {
  eventSubscription(subscriptionId: $id) {
    subscriptionId
    eventSubscriptionDetails {
      eventType
      destination { __typename ... on EventBridgeData { arn } }
    }
  }
}"""
# What the API answers where there is none such, too.
DENIED = "AccessDeniedError"
# What a partner event source's name begins with (EventBridge user guide, "SaaS partners").
PARTNER = "aws.partner/buywithprime"


class Subscription(NamedTuple):
    """A subscription, and the ARN of the partner event source that it publishes to."""

    id: str
    event_type: str
    destination: str


def api_of(cloud: Deployment, settings: Settings) -> PublishedApi:
    """The API, with the credentials that the deployment's secret holds.

    Raises:
        Problem: it holds none, or the API does not take them.
    """
    if not cloud.outputs.credentials_secret_arn:
        raise Problem("the stack has no secret: deploy it with API_VERSION and TOKEN_URL")
    held = json.loads(
        cloud.secretsmanager.get_secret_value(SecretId=cloud.outputs.credentials_secret_arn)[
            "SecretString"
        ]
    )
    if not (held.get("clientId") and held.get("clientSecret")):
        raise Problem("the secret holds no credentials: run 'accelerator credentials push'")
    return PublishedApi(settings, held["clientId"], held["clientSecret"])


def ids_of(api: PublishedApi) -> Iterator[str]:
    """The ids of every subscription of these credentials."""
    after: str | None = None
    while True:
        try:
            page = api.ask(LIST, {"after": after})["eventSubscriptions"]
        except Refused as refused:
            if DENIED in refused.codes:
                return
            raise
        yield from (edge["node"]["id"] for edge in page["edges"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def listed(api: PublishedApi) -> Iterator[Subscription]:
    """Every subscription of these credentials."""
    for subscription_id in ids_of(api):
        yield told(api.ask(ONE, {"id": subscription_id})["eventSubscription"])


def told(subscription: dict[str, Any]) -> Subscription:
    """A subscription of the API's."""
    details = subscription["eventSubscriptionDetails"]
    destination = details["destination"].get("arn") or details["destination"]["__typename"]
    return Subscription(subscription["subscriptionId"], details["eventType"], destination)


def create(
    api: PublishedApi, event_types: Iterable[str], region: str, account: str, name: str
) -> Iterator[tuple[str, str]]:
    """Subscribe to each event type: its name, and the subscription's id or why there is none."""
    source = {"region": region, "partnerEventSource": {"account": account, "name": name}}
    for event_type in event_types:
        given = {"destination": {"eventBridge": source}, "eventType": event_type}
        try:
            created = api.ask(CREATE, {"input": given})["createEventSubscription"]
            yield event_type, created["subscriptionId"]
        except Refused as refused:
            exists = "SubscriptionAlreadyExists" in refused.codes
            yield event_type, "exists already" if exists else f"refused: {refused}"


def delete(api: PublishedApi, ids: Iterable[str]) -> Iterator[str]:
    """Delete subscriptions, and tell each id as it is gone.

    Raises:
        Problem: there is none with such an id; those before it are gone.
    """
    for subscription_id in ids:
        try:
            api.ask(DELETE, {"id": subscription_id})
        except Refused as refused:
            known = set(ids_of(api)) if DENIED in refused.codes else {subscription_id}
            if subscription_id in known:
                raise
            command = "accelerator subscriptions list"
            raise Problem(unknown("subscription", subscription_id, known, command)) from None
        yield subscription_id


def source_name(region: str, account: str) -> str:
    """A name for the partner event source that nobody else has."""
    return f"{PREFIX}-{account}-{region}"


def associate(cloud: Deployment, name: str) -> str:
    """Make a bus of the partner event source, and return its ARN."""
    source = f"{PARTNER}/{name}"
    return cloud.events.create_event_bus(Name=source, EventSourceName=source)["EventBusArn"]
