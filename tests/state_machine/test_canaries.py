"""No secret and no customer data reaches a log, an error or a failure message."""

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from functions.query_api.connection import Answer
from functions.query_api.credentials import Credentials
from functions.query_api.secret import Secret
from tests.events import EVENTS, order
from tests.state_machine.interpreter import Interpreter, Run

SECRET, TOKEN = "canary-secret", "canary-token"
DATA = ["canary@mail.example", "Canary Street 1", "Canary Bird"]
CUSTOMER = {"email": DATA[0], "address": DATA[1], "name": DATA[2]}
ERROR = {"message": DATA[2], "path": ["order", DATA[0]], "errorType": DATA[1], "data": CUSTOMER}
ANSWERS = [
    {"data": {"order": CUSTOMER}},
    {"data": {"order": CUSTOMER, "padding": "x" * 300_000}},
    {"data": {"order": CUSTOMER}, "errors": [ERROR]},
    {"data": {"order": CUSTOMER}, "errors": [{"extensions": {"code": DATA[2]}}]},
    {"data": {"order": CUSTOMER}, "errors": CUSTOMER},
    CUSTOMER,
    [CUSTOMER],
    json.dumps({"data": {"order": CUSTOMER}})[:-5],
]
CASES = [
    *((body, 200) for body in ANSWERS),
    *((ANSWERS[0], status) for status in (302, 400, 401, 403, 429, 500)),
]


class Api:
    """An API, or its token endpoint, that always answers the same."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        return self.answer


def canaries(text: str) -> list[str]:
    return [canary for canary in (SECRET, TOKEN, *DATA) if canary in text]


def failures(run: Run) -> str:
    kept = {k: v for k, v in run.objects.items() if k.startswith("failures/")}
    return json.dumps([run.messages, run.postponed, kept], ensure_ascii=False)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """Credentials of which everything is a canary."""
    monkeypatch.setenv("CREDENTIALS_SECRET_ARN", "arn")
    held = {"clientId": "shop", "clientSecret": SECRET}
    monkeypatch.setattr(Secret, "read", lambda _self: held)
    return Credentials()


@pytest.mark.parametrize(("body", "status"), CASES, ids=range(len(CASES)))
def test_no_answer_of_the_api_leaves_a_trace_but_the_object(
    machine: Interpreter,
    secrets: Credentials,
    printed: Callable[[], str],
    body: Any,
    status: int,
) -> None:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    granted = json.dumps({"access_token": TOKEN, "expires_in": 3600}).encode()
    secrets._token_api = Api(Answer(200, granted))  # type: ignore[assignment]
    with (
        patch("functions.query_api.handler.api", lambda: Api(Answer(status, text.encode()))),
        patch("functions.query_api.handler.credentials", lambda: secrets),
    ):
        run = machine.run(order())
    assert run.path[-1] in ("EventHydrated", "EventFailed")
    assert canaries(failures(run)) == []
    assert canaries(printed()) == []


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_no_answer_of_the_token_endpoint_leaves_a_trace(
    machine: Interpreter, secrets: Credentials, printed: Callable[[], str], status: int
) -> None:
    secrets._token_api = Api(Answer(status, f"{SECRET} {TOKEN}".encode()))  # type: ignore[assignment]
    with patch("functions.query_api.handler.credentials", lambda: secrets):
        run = machine.run(order())
    assert run.path[-1] == "EventFailed"
    assert canaries(failures(run)) == []
    assert canaries(printed()) == []


def test_an_event_is_logged_by_its_ids_only(
    machine: Interpreter, printed: Callable[[], str]
) -> None:
    for given in EVENTS.values():
        event = json.loads(json.dumps(given))
        event["detail"]["customer"] = CUSTOMER
        machine.run(event)
        machine.run(event, {"QueryApi": ["ApiRejected"]})
        machine.run(event | {"detail": CUSTOMER})
    assert canaries(printed()) == []
