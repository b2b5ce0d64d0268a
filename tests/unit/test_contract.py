"""The published contract of the API beside the mock accelerator's: what each asks of a request."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidEvent, MissingVariable
from functions.query_api import graphql, handler
from functions.query_api.contract import headers
from tests.harness.environment import LambdaContext
from tests.unit.test_query_api import EVENT

HYDRATION = EVENT["hydration"] | {"targetId": "bp-event"}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment for the published API, which knows no installation."""
    monkeypatch.setenv("API_VERSION", "2024-11-01")
    monkeypatch.delenv("INSTALLATION_ID")


@pytest.mark.parametrize("unset", [None, ""])
def test_without_a_version_the_headers_are_the_mock_accelerators(
    monkeypatch: pytest.MonkeyPatch, unset: str | None
) -> None:
    if unset is not None:
        monkeypatch.setenv("API_VERSION", unset)
    assert headers("token-1", HYDRATION) == {
        "Authorization": "bearer token-1",
        "X-Omni-InstallationId": "i34242",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(("set_to", "sent"), [(None, "bp-event"), ("", "bp-event"), ("bp", "bp")])
def test_the_published_headers_name_version_and_target(
    published: None, monkeypatch: pytest.MonkeyPatch, set_to: str | None, sent: str
) -> None:
    if set_to is not None:
        monkeypatch.setenv("TARGET_ID", set_to)
    assert headers("token-1", HYDRATION) == {
        "Authorization": "Bearer token-1",
        "x-api-target-id": sent,
        "x-api-version": "2024-11-01",
        "Content-Type": "application/json",
    }


NO_TARGETS: list[Any] = [None, "", 5, ["bp-1"], {"bp": 1}, "bp-1\n", "bp-1\r\nX: y", "bp 1"]


@pytest.mark.parametrize("target", [*NO_TARGETS, "bp-é", "\ud800", "\x7f", "x" * 257])
def test_a_target_that_no_header_carries_is_refused_and_not_told(
    published: None, context: LambdaContext, target: Any
) -> None:
    event = EVENT | {"hydration": HYDRATION | {"targetId": target}}
    with pytest.raises(InvalidEvent, match=r"^the target id is not 1 to 256 visible [A-Z]+ \w+$"):
        handler.handler(event, context)


def test_an_event_without_a_target_is_refused(published: None, context: LambdaContext) -> None:
    with pytest.raises(InvalidEvent, match="target id"):
        handler.handler(EVENT, context)


@pytest.mark.parametrize("name", ["API_URL", "API_TIMEOUT_SECONDS", "API_TOKEN"])
def test_a_variable_that_the_published_contract_lacks_is_named(
    published: None, monkeypatch: pytest.MonkeyPatch, context: LambdaContext, name: str
) -> None:
    handler.api.cache_clear()
    monkeypatch.delenv(name)
    with pytest.raises(MissingVariable, match=f"^the function has no {name}: deploy the stack aga"):
        handler.handler(EVENT | {"hydration": HYDRATION}, context)


def test_a_document_may_be_in_a_folder_and_its_variables_nested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(graphql, "DOCUMENTS", tmp_path)
    (tmp_path / "2024-11-01").mkdir()
    (tmp_path / "2024-11-01" / "any.graphql").write_text("query any { any }")
    variables = {"identifier": {"orderId": "322-F7BK-3EVJE7"}}
    body = json.loads(graphql.request_body("2024-11-01/any", variables))
    assert body == {"query": "query any { any }", "variables": variables}
