"""QueryApi: how an answer is judged, what one event may take, what is logged and told."""

import json
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from domain import errors
from domain.errors import MissingVariable
from functions.query_api import graphql, handler
from functions.query_api.connection import Answer, Connection
from functions.query_api.credentials import Credentials
from tests.harness.aws import strict_aws
from tests.harness.environment import PROJECT, LambdaContext, log_line
from tests.unit.test_connection import BROKEN, SLOW, served, timing_out

EVENT: dict[str, Any] = {
    "hydration": {
        "entity": "order",
        "document": "singleOrder",
        "id": "322-F7BK-3EVJE7",
        "variables": {"orderId": "322-F7BK-3EVJE7"},
        "key": "order/ORDER_PLACED/2026-11-24/20261124T081850Z_322-F7BK-3EVJE7_one.json",
        "eventId": "one",
        "eventType": "ORDER_PLACED",
    },
    "executionArn": "arn",
}


ORDER = {"data": {"order": {"id": "322-F7BK-3EVJE7"}}}


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())


NOTHING: list[Any] = [None, 5, "x", [], [{}], {}]
JUDGED = [
    (answer({}, 401), errors.ApiUnauthorized),
    (answer({}, 403), errors.ApiUnauthorized),
    (answer({}, 429), errors.ApiThrottled),
    (answer({}, 500), errors.ApiUnavailable),
    (answer({}, 599), errors.ApiUnavailable),
    (answer({"data": {}}, 201), errors.ApiRejected),
    (answer({}, 301), errors.ApiRejected),
    (answer({}, 400), errors.ApiRejected),
    (answer(b""), errors.ApiUnavailable),
    (answer(b"<html>"), errors.ApiUnavailable),
    (answer(b'{"data": {"x": NaN}}'), errors.ApiUnavailable),
    (answer(b'{"data": {"x": 1e999}}'), errors.ApiUnavailable),
    (answer(b'{"data": "\xff"}'), errors.ApiUnavailable),
    (answer('{"data": {}}'.encode("utf-16")), errors.ApiUnavailable),
    (answer(b"[" * 100_000), errors.ApiUnavailable),
    (answer([]), errors.ApiUnavailable),
    (answer("data"), errors.ApiUnavailable),
    (answer({}), errors.ApiUnavailable),
    (answer({"errors": []}), errors.ApiUnavailable),
    (answer({"data": {}, "errors": "x"}), errors.ApiUnavailable),
    (answer({"data": {}, "errors": {"x": 1}}), errors.ApiUnavailable),
    (answer({"data": {"order": {}}, "errors": [{}]}), errors.GraphQLErrors),
    (answer({"errors": ["text"]}), errors.GraphQLErrors),
    (answer({"errors": [{"errorType": "MappingTemplate"}]}), errors.GraphQLErrors),
    (answer({"errors": [{"errorType": "ThrottlingException"}]}), errors.ApiThrottled),
    (answer({"errors": [{"extensions": {"code": "RATE_LIMITED"}}]}), errors.ApiThrottled),
    (
        answer({"errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
        errors.ApiUnavailable,
    ),
    (answer({"errors": [{"errorType": "ExecutionTimeout"}]}), errors.ApiUnavailable),
    *((answer({"data": data}), errors.EntityMissing) for data in NOTHING),
    *((answer({"data": {"order": order}}), errors.EntityMissing) for order in NOTHING[:4]),
]


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"order": {"id": "1"}}},
        {"data": {"order": {"errors": [{"message": "a field"}]}}},
        {"data": {"order": {"id": "1"}, "another": None}, "errors": []},
        {"data": {"order": {}}, "errors": None, "extensions": {}},
    ],
)
def test_a_response_with_an_entity_and_no_errors_is_one(body: Any) -> None:
    assert graphql.response(answer(body)) == (body, True)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        *((text, True) for text in ("0", "-0.5", "10.50", "1E2", "1668011149000.0", "0.1")),
        *((text, True) for text in ("9007199254740992", "0.30000000000000004", "0.000", "1e-7")),
        *((text, False) for text in ("9007199254740993", "0.10000000000000000555", "1e-400")),
        ("12345678901234567.5", False),
        ('{"a": 1, "b": 2}', True),
        ('{"a": 1, "a": 1}', False),
    ],
)
def test_whether_a_state_can_carry_every_value_as_it_came(value: str, exact: bool) -> None:
    body = f'{{"data": {{"order": {{"value": {value}}}}}}}'.encode()
    assert graphql.response(answer(body))[1] is exact


@pytest.mark.parametrize(("given", "error"), JUDGED)
def test_anything_else_is_a_typed_error(given: Answer, error: type[Exception]) -> None:
    with pytest.raises(errors.ApiError) as raised:
        graphql.response(given)
    assert type(raised.value) is error


def test_every_error_has_an_answer_that_raises_it() -> None:
    raised = {error for _, error in (*JUDGED, *BROKEN)}
    assert raised == set(errors.ApiError.__subclasses__())


def test_an_error_tells_nothing_of_the_data() -> None:
    error = {"message": "Ana Gómez", "path": ["ana@mail.example"], "errorType": "Ana Gómez!"}
    with pytest.raises(errors.GraphQLErrors) as raised:
        graphql.response(answer({"data": {"name": "Ana"}, "errors": [error]}))
    assert str(raised.value) == "1 GraphQL error: no code given"


def test_ids_travel_as_variables_only() -> None:
    order_id = '"}) { secrets } #'
    body = json.loads(graphql.request_body("singleOrder", {"orderId": order_id}))
    assert body == {"query": graphql.document("singleOrder"), "variables": {"orderId": order_id}}
    assert order_id not in body["query"]


class Canned:
    """A connection that always answers the same."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def post(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
        self.headers = headers
        return Answer(200, self.body)


def run_handler(monkeypatch: pytest.MonkeyPatch, context: Any, body: bytes) -> dict[str, Any]:
    monkeypatch.setattr(handler, "api", lambda: Canned(body))
    result: dict[str, Any] = handler.handler(EVENT, context)
    return result


OAUTH = {"clientId": "shop", "clientSecret": "secret-1"}
HELD = answer({"SecretString": json.dumps(OAUTH)})


def granted(token: str) -> Answer:
    return answer({"access_token": token, "expires_in": 3600})


class Endpoint(Connection):
    """Answers a post with what is next, or raises it, and remembers the deadlines."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.deadlines: list[float] = []

    def post(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
        self.deadlines.append(deadline)
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Connection, Connection, Connection], None]:
    """Lets QueryApi ask other endpoints: for the secret, for a token, and the API."""

    def ask(secrets: Connection, tokens: Connection, api: Connection) -> None:
        credentials = Credentials(tokens)
        monkeypatch.setenv("CREDENTIALS_SECRET_ARN", "arn")
        monkeypatch.setattr("functions.query_api.secret.Connection", lambda _: secrets)
        monkeypatch.setattr(handler, "credentials", lambda: credentials)
        monkeypatch.setattr(handler, "api", lambda: api)

    return ask


def test_all_that_is_asked_for_one_event_shares_a_deadline(
    asking: Callable[..., None], context: LambdaContext
) -> None:
    secrets, tokens = Endpoint(HELD, HELD), Endpoint(granted("old"), granted("new"))
    api = Endpoint(answer({}, 401), answer(ORDER))
    asking(secrets, tokens, api)
    assert handler.handler(EVENT, context)["body"] == ORDER
    deadlines = [*secrets.deadlines, *tokens.deadlines, *api.deadlines]
    assert len(deadlines) == 6
    assert len(set(deadlines)) == 1


REFUSED = {"errors": [{"extensions": {"classification": {"type": "AccessDeniedError"}}}]}
REFUSALS = [answer({}, 401), answer({}, 403), answer(REFUSED)]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment for the published API."""
    monkeypatch.setenv("API_VERSION", "2024-11-01")
    monkeypatch.setenv("TARGET_ID", "bp-1")


@pytest.mark.parametrize("refusal", REFUSALS)
def test_whatever_the_published_api_refuses_refreshes_the_token_once(
    published: None, asking: Callable[..., None], context: LambdaContext, refusal: Answer
) -> None:
    api = Endpoint(refusal, answer(ORDER), refusal, refusal)
    asking(Endpoint(HELD, HELD, HELD), Endpoint(*map(granted, ("one", "two", "three"))), api)
    assert handler.handler(EVENT, context)["body"] == ORDER
    with pytest.raises(errors.ApiUnauthorized):
        handler.handler(EVENT, context)
    assert api.answers == []


@pytest.mark.parametrize("refusal", REFUSALS[1:])
def test_the_mock_accelerators_token_is_refreshed_on_401_alone(
    asking: Callable[..., None], context: LambdaContext, refusal: Answer
) -> None:
    asking(Endpoint(HELD), Endpoint(granted("one")), Endpoint(refusal))
    with pytest.raises(errors.ApiUnauthorized):
        handler.handler(EVENT, context)


@pytest.mark.parametrize("given", [answer({}, 429), answer({}, 500), answer({"errors": [{}]})])
def test_what_no_token_can_help_refreshes_none(
    published: None, asking: Callable[..., None], context: LambdaContext, given: Answer
) -> None:
    asking(Endpoint(HELD), Endpoint(granted("one")), Endpoint(given))
    with pytest.raises(errors.ApiError):
        handler.handler(EVENT, context)


def test_a_slow_token_ends_by_the_deadline(
    asking: Callable[..., None], context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TIMEOUT_SECONDS", "0.2")
    with served(SLOW["body"]) as (tokens, _):
        asking(Endpoint(HELD), tokens, Endpoint())
        with timing_out():
            handler.handler(EVENT, context)


def test_a_token_is_kept_when_the_query_it_was_for_times_out(
    asking: Callable[..., None], context: LambdaContext
) -> None:
    api = Endpoint(errors.ApiTimeout("no whole answer"), answer(ORDER))
    asking(Endpoint(HELD), Endpoint(granted("one")), api)
    with pytest.raises(errors.ApiTimeout):
        handler.handler(EVENT, context)
    assert handler.handler(EVENT, context)["body"] == ORDER


def test_an_import_needs_no_variable() -> None:
    code = "import functions.query_api.handler"
    subprocess.run([sys.executable, "-c", code], env={}, cwd=PROJECT, check=True)


@pytest.mark.parametrize("name", ["API_URL", "API_TIMEOUT_SECONDS", "API_TOKEN", "INSTALLATION_ID"])
def test_a_missing_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, name: str
) -> None:
    handler.api.cache_clear()
    monkeypatch.delenv(name)
    with pytest.raises(MissingVariable) as raised:
        handler.handler(EVENT, context)
    assert str(raised.value) == f"the function has no {name}: deploy the stack again"


def test_the_response_is_returned_as_it_came(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext
) -> None:
    body = b'{"data": {"order": {"createdAt": 1668011149000.0}}, "extensions": {}}'
    assert run_handler(monkeypatch, context, body)["body"] == json.loads(body)


class Picky(ValueError):
    """An error that cannot be made of one text."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


UNEXPECTED = [
    ValueError("Invalid header value b'bearer s3cr3t'"),
    KeyError("s3cr3t"),
    UnicodeEncodeError("latin-1", "s3cr3t", 0, 1, "s3cr3t"),
    Picky("s3cr3t", "ana@mail.example"),
]


@pytest.mark.parametrize("error", UNEXPECTED, ids=lambda error: type(error).__name__)
def test_an_unexpected_error_tells_its_name_and_place_and_not_its_text(
    asking: Callable[..., None],
    context: LambdaContext,
    printed: Callable[[], str],
    error: Exception,
) -> None:
    asking(Endpoint(HELD), Endpoint(granted("one")), Endpoint(error))
    with pytest.raises(Exception, match=r" in functions\.query_api\.handler:\d+$") as raised:
        handler.handler(EVENT, context)
    assert type(raised.value).__name__ == type(error).__name__
    assert log_line(printed())["reason"] == str(raised.value)
    assert "s3cr3t" not in "".join(traceback.format_exception(raised.value)) + printed()


def test_what_breaks_in_a_library_is_placed_where_it_was_called(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, printed: Callable[[], str]
) -> None:
    monkeypatch.setenv("INSTALLATION_ID", "s3cr3t\n")
    with served(lambda it: it.answer(json.dumps(ORDER).encode())) as (connection, posts):
        monkeypatch.setattr(handler, "api", lambda: connection)
        with pytest.raises(Exception, match=r"^ValueError in functions\.query_api\.connection:"):
            handler.handler(EVENT, context)
        assert posts == []
        assert "s3cr3t" not in printed()
        monkeypatch.setenv("INSTALLATION_ID", "i34242")
        assert handler.handler(EVENT, context)["body"] == ORDER


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": {"order": {"x": "' + b"x" * 90_000 + b'"}}}',
        b'{"data": {"order": {"x": "' + "☕".encode() * 30_000 + b'"}}}',
        rb'{"data": {"order": {"x": "\ud83d"}}}',
        rb'{"data": {"order": {"x": "\uD83D\uDE00"}}}',
        b'{"data": {"order": {"x": 0.10000000000000000555}}}',
        b'{"data": {"order": {"x": 1, "x": 2}}}',
    ],
)
def test_what_the_state_cannot_carry_is_stored_byte_for_byte(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, body: bytes
) -> None:
    with strict_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="responses")
        told = run_handler(monkeypatch, context, body)
        assert told["body"] is None
        key = EVENT["hydration"]["key"]
        stored = s3.get_object(Bucket="responses", Key=key)
        assert stored["Body"].read() == body
        assert stored["ContentType"] == "application/json"
        assert stored["Metadata"] == told["metadata"]
        assert told["metadata"]["entity-id"] == "322-F7BK-3EVJE7"


def test_which_event_it_is_about_is_told_before_anything_can_hang(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, printed: Callable[[], str]
) -> None:
    def hang() -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(handler, "api", hang)
    with pytest.raises(KeyboardInterrupt):
        handler.handler(EVENT, context)
    line = log_line(printed())
    assert (line["event_id"], line["entity_id"]) == ("one", "322-F7BK-3EVJE7")
    assert line["key"] == EVENT["hydration"]["key"]


def test_logs_tell_the_way_and_no_data(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, printed: Callable[[], str]
) -> None:
    run_handler(monkeypatch, context, b'{"data": {"order": {"email": "ana@mail.example"}}}')
    text = printed()
    line = log_line(text)
    assert line["event_id"] == "one"
    assert line["event_type"] == "ORDER_PLACED"
    assert line["entity_id"] == "322-F7BK-3EVJE7"
    assert line["execution_arn"] == "arn"
    assert "ana@mail.example" not in text
    assert "custom-authorized" not in text
