"""The mock on Lambda: it takes this deployment's token alone, and no request costs it much."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from domain.event_types import FIRED, families
from domain.family import MOCK
from functions.query_api.graphql import document
from mock_api.bodies import MAX_BODY_BYTES
from tests.harness import gateway
from tests.harness.aws import strict_aws
from tests.harness.gateway import loop

__all__ = ["loop"]

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Asks the handler as API Gateway does, with a path, a query, a token and a body."""
    with strict_aws():
        boto3.client("events").create_event_bus(Name="the-bus")
        secret = boto3.client("secretsmanager").create_secret(
            Name="token", SecretString=json.dumps({"apiToken": "made-here"})
        )
        for name, value in {
            "EVENT_BUS_NAME": "the-bus",
            "TOKEN_SECRET_ARN": secret["ARN"],
            "MAX_COUNT": "10",
            "SILENT_SECONDS": "0.01",
            "CONTRACT": MOCK,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, "mock_api.aws_lambda", raising=False)
        handler = importlib.import_module("mock_api.aws_lambda").handler

        def asked(
            path: str,
            token: str = "",
            body: str = "",
            headers: dict[str, str] | None = None,
            **query: str,
        ) -> tuple[int, Any]:
            given = headers or {
                "Authorization": f"bearer {token}",
                "X-Omni-InstallationId": "i1",
            }
            return gateway.ask(handler, path, body, given, query)

        yield asked


def test_only_events_of_the_deployments_contract_are_put(ask: Ask) -> None:
    status, told = ask("/put-event/order", **{"event-type": "order_confirmed"})
    assert status == 400
    assert f"event-type must be one of {', '.join(FIRED['order_placed'].types)}" in told
    status, told = ask("/put-event/package", **{"event-type": "package_delivered"})
    names = ", ".join(family.name for family in families(MOCK))
    assert (status, f"one of {names}" in told) == (404, True)


def query(entity_id: str) -> str:
    return json.dumps({"query": document("singleOrder"), "variables": {"orderId": entity_id}})


def test_the_token_that_everybody_knows_is_refused(ask: Ask) -> None:
    order = query("322-F7BK-3EVJE7")
    for token in ("custom-authorized", "", "made-her", "made-hereé"):
        assert ask("/graphql", token, order)[0] == 401
    assert ask("/graphql", "made-here", order)[0] == 200


def test_the_published_contract_takes_it_likewise(ask: Ask) -> None:
    body = json.dumps({"query": "{ products { edges { cursor } } }"})
    for token, denied in (("made-here", False), ("custom-authorized", True), ("", True)):
        headers = {
            "Authorization": f"Bearer {token}",
            "x-api-target-id": "bp-1",
            "x-api-version": "2024-11-01",
        }
        status, answer = ask("/graphql", body=body, headers=headers)
        assert status == 200
        assert ("AccessDeniedError" in answer) is denied


def test_a_timeout_ends(ask: Ask) -> None:
    assert ask("/graphql", "made-here", query("error-timeout"))[0] == 504


def test_a_request_puts_ten_events_at_most(ask: Ask) -> None:
    put = {"event-type": "order_placed"}
    status, body = ask("/put-event/order", count="10", **put)
    assert (status, len(json.loads(body)["eventIds"])) == (200, 10)
    status, body = ask("/put-event/order", count="11", **put)
    assert (status, json.loads(body)["message"]) == (400, "count must be 1 to 10")


@pytest.mark.parametrize("path", ["/graphql", "/put-event/order"])
def test_a_body_too_large_is_refused(ask: Ask, path: str) -> None:
    assert ask(path, "made-here", "x" * (MAX_BODY_BYTES + 1))[0] == 413
