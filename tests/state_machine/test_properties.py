"""Whatever an event or an answer holds, the event is kept and nothing leaves its place."""

import json
import re
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.errors import ApiError, HydrationError
from domain.event_types import ENTITIES, family_of
from domain.keys import parse
from functions.extract_id.extraction import extract_id
from functions.query_api.connection import Answer
from functions.query_api.graphql import document, request_body
from tests.harness.events import EVENTS, longest_text, order
from tests.harness.interpreter import Interpreter, Run

# An execution takes longer than other examples.
examples = settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KEY = re.compile(
    rf"({'|'.join(ENTITIES)})"
    r"/[\w.-]{1,64}/\d{4}-\d\d-\d\d/\d{8}T\d{6}Z_[\w.-]{1,160}_[0-9A-Za-z-]{1,64}\.json",
    re.ASCII,
)

scalars = st.none() | st.booleans() | st.integers() | st.text() | st.floats(-1e9, 1e9)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
hostile = st.sampled_from(
    ["../" * 50, "a/b", "..", "\x00", "\x1b[31m", "x" * 1000, "☕" * 300, "\u202eabc", "\ufffe", ""]
)
PATHS = [
    ("id",),
    ("time",),
    ("source",),
    ("detail-type",),
    ("detail",),
    ("detail", "eventType"),
    ("detail", "orderIdentifier"),
    ("detail", "orderIdentifier", "orderId"),
    ("detail", "item"),
    ("detail", "item", "identifierType"),
    ("detail", "item", "identifierValue"),
    ("detail", "inventoryItemId"),
    ("detail", "redrive"),
    ("detail", "redrive", "id"),
    ("detail", "redrive", "attempt"),
]


@st.composite
def changed_events(draw: st.DrawFn) -> dict[str, Any]:
    """A real event of which some fields are anything, or gone."""
    event: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(list(EVENTS.values())))))
    for path in draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique=True)):
        place = event
        for name in path[:-1]:
            if not isinstance(place.get(name), dict):
                place[name] = {}
            place = place[name]
        if draw(st.booleans()):
            place[path[-1]] = draw(values | hostile)
        else:
            place.pop(path[-1], None)
    return event


def kept(run: Run) -> list[Any]:
    """The events that an execution kept as failed, wherever it did."""
    messages = [json.loads(message["Body"]) for message in run.messages]
    unsent = [body for key, body in run.objects.items() if key.startswith("failures/unsent/")]
    return [failure["event"] for failure in messages + unsent]


def stored(run: Run) -> dict[str, Any]:
    return {key: body for key, body in run.objects.items() if not key.startswith("failures/")}


@examples
@given(event=st.dictionaries(st.text(), values) | changed_events())
@example(event={})
@example(event={"detail": [], "detail-type": []})
def test_any_event_is_stored_kept_or_ignored_on_purpose(
    machine: Interpreter, event: dict[str, Any]
) -> None:
    run = machine.run(event)
    if run.path[-1] == "IgnoreEvent":
        assert isinstance(event["detail"]["item"]["identifierType"], str)
        assert event["detail"]["item"]["identifierType"] != "itemId"
        assert not run.objects
        assert not run.messages
    elif run.status == "SUCCEEDED":
        (key,) = stored(run)
        assert KEY.fullmatch(key)
        assert not kept(run)
    else:
        assert kept(run) == [event]
        assert not stored(run)


@settings(max_examples=settings().max_examples * 2)
@given(event=changed_events())
def test_no_event_content_escapes_its_prefix(event: dict[str, Any]) -> None:
    try:
        key = extract_id(event)["key"]
    except HydrationError:
        return
    family = family_of(event)
    assert family
    assert KEY.fullmatch(key)
    assert key.startswith(f"{family.entity}/")
    assert str(parse(key)) == key


@given(entity_id=st.text() | hostile)
def test_ids_are_never_spliced_into_a_query(entity_id: str) -> None:
    body = json.loads(request_body("singleOrder", {"orderId": entity_id}))
    assert body["query"] == document("singleOrder")
    assert body["variables"] == {"orderId": entity_id}


class Canned:
    """A connection that always gives the same answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def post(self, *_: Any) -> Answer:
        return self.answer


responses = st.one_of(
    st.builds(lambda data: json.dumps({"data": data}).encode(), values),
    st.builds(lambda data: json.dumps({"data": {"order": {"x": data}}}).encode(), values),
    st.builds(lambda d, e: json.dumps({"data": d, "errors": e}).encode(), values, values),
    st.builds(lambda value: json.dumps(value).encode(), values),
    st.builds(lambda data: json.dumps({"data": data}, ensure_ascii=False).encode(), values),
    st.builds(lambda data: json.dumps({"data": data}).encode("utf-16"), values),
    st.builds(lambda data: json.dumps({"data": data}).encode()[:-1], values),
    st.binary(),
)


@examples
@given(status=st.sampled_from([200, 200, 200, 200, 201, 301, 401, 429, 500]), body=responses)
@example(status=200, body=b'{"data": {"stored": true}}')
@example(status=200, body=b'{"stored": true, "data": {"x": 1}}')
@example(status=200, body=rb'{"data": {"x": {"y": "\ud800"}}}')
@example(status=200, body=b'{"data": {"x": {"y": 123456789012345678901234567890}}}')
@example(status=200, body=b'{"data": ' + b"[" * 50_000)
@example(status=200, body=b'{"data": {"x": {"y": "' + b"x" * 500_000 + b'"}}}')
def test_any_answer_is_stored_whole_or_classified(
    machine: Interpreter, status: int, body: bytes
) -> None:
    event = order()
    with patch("functions.query_api.handler.api", lambda: Canned(Answer(status, body))):
        run = machine.run(event)
    if run.status == "SUCCEEDED":
        (whole,) = stored(run).values()
        assert whole == json.loads(body)
        assert not kept(run)
    else:
        assert run.message["errorCode"] in ERRORS
        assert kept(run) == [event]
        assert not stored(run)


ERRORS = {error.__name__ for error in ApiError.__subclasses__()}


@pytest.mark.parametrize("kib", [200, 300, 1024, 5 * 1024])
def test_a_large_response_is_stored_whole(machine: Interpreter, kib: int) -> None:
    run = machine.run(order(f"large-{kib}"))
    (body,) = run.objects.values()
    assert longest_text(body) == "x" * kib * 1024


@pytest.mark.slow
@pytest.mark.parametrize("order_id", ["error-404", "", "322-F7BK-3EVJE7"])
@pytest.mark.parametrize("size", [150_000, 250_000, 261_900, 262_143])
@pytest.mark.parametrize("letter", ["x", '"'])
def test_a_large_event_is_kept_whole(
    machine: Interpreter, order_id: str, size: int, letter: str
) -> None:
    event = order(order_id)
    event["detail"]["orderIdentifier"]["orderId"] = order_id
    event["detail"]["note"] = ""
    room = size - len(json.dumps(event))
    event["detail"]["note"] = letter * (room // (len(json.dumps(letter)) - 2))
    run = machine.run(event)
    if run.status == "SUCCEEDED":
        assert order_id == "322-F7BK-3EVJE7"
        assert stored(run)
        return
    message = run.message
    if message["eventObject"]:
        assert message["eventObject"]["key"] in run.objects
        assert run.objects[message["eventObject"]["key"]] == event
    else:
        assert message["event"] == event
    assert not stored(run)
