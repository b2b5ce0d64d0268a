"""No secret and no customer data reaches a log, an error or a failure message."""

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from functions.query_api.connection import Answer, Connection
from functions.query_api.credentials import Credentials
from tests.harness.events import EVENTS, order
from tests.harness.interpreter import Interpreter, Run

pytestmark = pytest.mark.slow

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


class Api(Connection):
    """An API, its token endpoint or Secrets Manager, that always answers the same."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def post(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
        return self.answer


def canaries(text: str) -> list[str]:
    return [canary for canary in (SECRET, TOKEN, *DATA) if canary in text]


def failures(run: Run) -> str:
    kept = {k: v for k, v in run.objects.items() if k.startswith("failures/")}
    return json.dumps([run.messages, run.postponed, kept], ensure_ascii=False)


@pytest.fixture(autouse=True, params=["", "2024-11-01"], ids=["mock", "published"])
def contract(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either contract of the API."""
    monkeypatch.setenv("API_VERSION", request.param)
    monkeypatch.setenv("TARGET_ID", "bp-1")


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Lets the secret hold something."""

    def hold(held: Any) -> None:
        api = Api(Answer(200, json.dumps({"SecretString": json.dumps(held)}).encode()))
        monkeypatch.setattr("functions.query_api.secret.Connection", lambda *_: api)

    monkeypatch.setenv("CREDENTIALS_SECRET_ARN", "arn")
    hold({"clientId": "shop", "clientSecret": SECRET})
    return hold


def run(machine: Interpreter, token_api: Connection | None, api: Connection) -> Run:
    credentials = Credentials(token_api)
    with (
        patch("functions.query_api.handler.api", lambda: api),
        patch("functions.query_api.handler.credentials", lambda: credentials),
    ):
        return machine.run(order())


def granting(token: str) -> Connection:
    return Api(Answer(200, json.dumps({"access_token": token, "expires_in": 3600}).encode()))


@pytest.mark.parametrize(("body", "status"), CASES, ids=range(len(CASES)))
def test_no_answer_of_the_api_leaves_a_trace_but_the_object(
    machine: Interpreter,
    hold: Callable[[Any], None],
    printed: Callable[[], str],
    body: Any,
    status: int,
) -> None:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    ran = run(machine, granting(TOKEN), Api(Answer(status, text.encode())))
    assert ran.path[-1] in ("EventHydrated", "EventFailed")
    assert canaries(failures(ran)) == []
    assert canaries(printed()) == []


NAMES = ["order", DATA[0], DATA[2]]
CLASSIFICATIONS: list[Any] = [
    {"type": DATA[0], "errorType": DATA[1], "code": DATA[2]},
    {"type": CUSTOMER, "errorType": DATA, "errorCode": DATA[0], "code": {"code": DATA[2]}},
    {"type": "ValidationError", "errorCode": 400, "details": CUSTOMER | {"message": TOKEN}},
    {"type": "AccessDeniedError", "errorCode": 403, "details": {"message": SECRET, "id": DATA[1]}},
    {"type": "ThrottlingError", "details": {"message": DATA[1]}, DATA[0]: DATA[2]},
    *(DATA[1], DATA, CUSTOMER),
]
PATHS: list[Any] = [NAMES, [CUSTOMER], [NAMES], DATA[0], CUSTOMER, ["order", 0, DATA[1], "name"]]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
@pytest.mark.parametrize("classification", CLASSIFICATIONS, ids=range(len(CLASSIFICATIONS)))
def test_no_error_of_the_published_api_leaves_a_trace(
    machine: Interpreter,
    hold: Callable[[Any], None],
    printed: Callable[[], str],
    classification: Any,
    path: Any,
) -> None:
    extensions = {"classification": classification, "customer": CUSTOMER}
    error = {"message": f"{TOKEN} {DATA[2]}", "path": path, "extensions": extensions}
    body = json.dumps({"data": {"order": CUSTOMER}, "errors": [error]}, ensure_ascii=False)
    ran = run(machine, granting(TOKEN), Api(Answer(200, body.encode())))
    assert ran.path[-1] == "EventFailed"
    assert canaries(failures(ran)) == []
    assert canaries(printed()) == []


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_no_answer_of_the_token_endpoint_leaves_a_trace(
    machine: Interpreter, hold: Callable[[Any], None], printed: Callable[[], str], status: int
) -> None:
    token_api = Api(Answer(status, f"{SECRET} {TOKEN}".encode()))
    ran = run(machine, token_api, machine.api)
    assert ran.path[-1] == "EventFailed"
    assert canaries(failures(ran)) == []
    assert canaries(printed()) == []


# What no header carries, and what one carries that http.client would quote.
ODD = ["{}\n", "{}\r\nX: y", "\x00{}", "{}\x7f", "{}é", "{}☕", "{}\ud800", "{} {}", " {}"]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_no_odd_token_leaves_a_trace(
    machine: Interpreter, hold: Callable[[Any], None], printed: Callable[[], str], odd: str
) -> None:
    token = odd.format(TOKEN, TOKEN)
    granted = run(machine, granting(token), machine.api)
    hold({"apiToken": token})
    static = run(machine, None, machine.api)
    for ran in (granted, static):
        assert ran.message["errorCode"] == "ApiUnauthorized"
        assert canaries(failures(ran)) == []
    assert canaries(printed()) == []


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_no_odd_client_secret_leaves_a_trace(
    machine: Interpreter, hold: Callable[[Any], None], printed: Callable[[], str], odd: str
) -> None:
    hold({"clientId": odd, "clientSecret": odd.format(SECRET, SECRET)})
    ran = run(machine, granting("token"), Api(Answer(200, b'{"data": {"order": {}}}')))
    assert ran.path[-1] in ("EventHydrated", "EventFailed")
    assert canaries(failures(ran)) == []
    assert canaries(printed()) == []


def test_no_bug_leaves_a_trace_but_its_name_and_place(
    machine: Interpreter, hold: Callable[[Any], None], printed: Callable[[], str]
) -> None:
    class Broken(Connection):
        def __init__(self) -> None:
            """It has nothing to connect to."""

        def post(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
            raise ValueError(f"{headers} {CUSTOMER}")

    ran = run(machine, granting(TOKEN), Broken())
    assert ran.message["errorCode"] == "ValueError"
    assert ran.message["message"].startswith("ValueError in functions.query_api.handler:")
    assert canaries(failures(ran)) == []
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
