"""The console answers its own page, on this machine, to whoever has the token of its run."""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import ClientError

from accelerator.console import objects
from accelerator.console.app import VENDOR
from accelerator.console.failures import without_data
from accelerator.console.guard import HEADERS
from accelerator.console.machine import graph
from accelerator.console.server import server
from accelerator.executions.execution import Execution
from accelerator.executions.mask import MASK
from accelerator.problem import Problem
from domain.keys import Key
from mock_api.bodies import MAX_BODY_BYTES
from tests.harness import DEFINITION, ROLE
from tests.harness.aws import strict_aws
from tests.harness.bodies import send_part
from tests.harness.deployments import deployment
from tests.harness.environment import PATIENCE_SECONDS, PROJECT, unused_port

TOKEN = "the-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HOSTILE = [
    *("", "{", "null", "1", "[]", '"ids"', "{}", "[" * 500 + "]" * 500, '{"ids": [NaN]}'),
    *('{"ids": 1}', '{"ids": {}}', '{"ids": [1]}', '{"ids": [null]}', '{"ids": [""]}'),
    *('{"eventType": 1}', '{"eventType": "order_placed", "id": {}, "count": 1}'),
    *('{"eventType": "order_placed", "count": "many"}', '{"eventType": [], "count": 1e3}'),
    *('{"eventType": "order_placed", "count": null}', '{"eventType": "order_placed", "count": 0}'),
]


class NoExecutions:
    """A source of nothing."""

    def changed(self) -> list[Execution]:
        return []

    def execution(self, arn: str) -> Execution:
        if arn == "a bug":
            raise RuntimeError
        if arn == "expired":
            raise ClientError({"Error": {"Code": "ExpiredToken"}}, "FilterLogEvents")
        if arn == "of Jane":
            return Execution(arn, event={"detail": {"note": "Jane Roe"}})
        raise Problem(f"the logs hold nothing of execution {arn}")

    def of_event(self, event_id: str) -> list[Execution]:
        return []


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A console for an AWS account without a sandbox."""
    with strict_aws(), patch("accelerator.failures.queue.WAIT_SECONDS", 0):
        machine = boto3.client("stepfunctions").create_state_machine(
            name="HydrateEvent", definition=DEFINITION.read_text(), roleArn=ROLE
        )
        boto3.client("s3").create_bucket(Bucket="responses")
        key = "order/it's.json"
        boto3.client("s3").put_object(
            Bucket="responses",
            Key=key,
            Body=b'{"data": "<b>"}',
            Metadata={"entity-id": "=?UTF-8?B?bsOpZQ==?="},
        )
        made = deployment(
            state_machine_arn=machine["stateMachineArn"],
            response_bucket_name="responses",
            failure_queue_url=boto3.client("sqs").create_queue(QueueName="failed")["QueueUrl"],
            dead_letter_queue_url=boto3.client("sqs").create_queue(QueueName="dead")["QueueUrl"],
        )
        port = unused_port()
        console = server(made, port, TOKEN, NoExecutions())
        thread = threading.Thread(target=console.run, daemon=True)
        thread.start()
        while not console.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield port
        console.should_exit = True
        thread.join(5)


def ask(
    port: int, path: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    sent = body if isinstance(body, str) else body and json.dumps(body)
    connection.request(method, path, sent, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, dict(answer.getheaders())


def test_the_page_loads_nothing_from_elsewhere(port: int) -> None:
    status, page, headers = ask(port, "/")
    assert status == 200
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "://" not in page
    assert ask(port, "/vendor/..%2fpackage.json")[0] == 404


def test_npm_audit_sees_every_script_that_the_page_loads(port: int) -> None:
    locked = json.loads((PROJECT / "package.json").read_text())["dependencies"]
    assert locked.keys() == {"@dagrejs/dagre", "htm", "preact"}
    assert {path.split("/dist/")[0] for path in VENDOR.values()} == {*locked, "preact/hooks"}
    for name in VENDOR:
        status, script, headers = ask(port, f"/vendor/{name}")
        assert status == 200
        assert headers["content-type"].startswith("text/javascript")
        assert not re.search(r'from *"(?!/vendor/)', script)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
def test_another_host_name_is_refused(port: int, host: str) -> None:
    assert ask(port, "/api/about", Host=host, **BEARER)[0] == 403
    assert ask(port, "/", Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
def test_another_origin_is_refused(port: int, origin: str) -> None:
    status, _, _ = ask(port, "/api/fire", "POST", {}, Origin=origin, **BEARER)
    assert status == 403


def test_its_own_page_is_answered(port: int) -> None:
    status, text, _ = ask(port, "/api/about", Origin=f"http://localhost:{port}", **BEARER)
    assert status == 200
    assert json.loads(text)["machine"]["states"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/about"),
        ("GET", "/api/execution?arn=a"),
        ("GET", "/api/objects"),
        ("GET", "/api/object?key=a"),
        ("GET", "/api/history?id=a"),
        ("GET", "/api/failures"),
        ("GET", "/api/failure?id=a"),
        ("GET", "/api/stream?token=wrong"),
        ("POST", "/api/fire?token=the-token"),
        ("POST", "/api/failures/redrive?token=the-token"),
    ],
)
def test_nothing_is_told_or_done_without_the_token(port: int, method: str, path: str) -> None:
    assert ask(port, path, method)[0] == 401
    assert ask(port, path, method, Authorization="Bearer wrong")[0] == 401


def test_events_are_not_fired_at_an_account_without_the_sandbox(port: int) -> None:
    asked = {"eventType": "order_placed", "count": 1}
    status, text, _ = ask(port, "/api/fire", "POST", asked, **BEARER)
    assert status == 400
    assert "sandbox" in json.loads(text)["problem"]


def test_an_event_that_no_rule_takes_is_told(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accelerator.console.app.fire", lambda *_: [])
    monkeypatch.setattr("accelerator.rules.rules_of", lambda _: [])
    asked = {"eventType": "order_placed", "count": 2}
    status, text, _ = ask(port, "/api/fire", "POST", asked, **BEARER)
    told = json.loads(text)
    assert (status, told["sent"]) == (200, 2)
    assert told["untaken"].startswith("no rule of this deployment takes ORDER_PLACED")


def test_what_cannot_be_sent_again_is_told(port: int) -> None:
    status, text, _ = ask(port, "/api/failures/redrive", "POST", {"ids": []}, **BEARER)
    assert (status, json.loads(text)) == (400, {"problem": "no failure is named"})
    told = json.loads(ask(port, "/api/failures", **BEARER)[1])
    assert (told["failures"], told["count"], told["errors"]) == ([], 0, [])


@pytest.mark.parametrize("what", ["execution?arn", "object?key", "failure?id"])
def test_what_is_not_there_is_answered_with_404(port: int, what: str) -> None:
    status, text, _ = ask(port, f"/api/{what}=none", **BEARER)
    assert status == 404
    assert json.loads(text)["problem"]
    for unnamed in (f"{what}=", what.split("?")[0]):
        status, text, _ = ask(port, f"/api/{unnamed}", **BEARER)
        assert (status, json.loads(text)["problem"][:22]) == (404, "nothing is asked for: ")


def test_a_bug_is_answered_with_the_same_headers(port: int) -> None:
    status, _, headers = ask(port, "/api/execution?arn=a%20bug", **BEARER)
    assert status == 500
    assert HEADERS.items() <= headers.items()


@pytest.mark.parametrize("path", ["/api/fire", "/api/failures/redrive"])
def test_a_body_too_large_is_refused_before_it_is_there(port: int, path: str) -> None:
    status, headers = send_part(f"http://127.0.0.1:{port}", path, 734 * 1024 * 1024, BEARER)
    assert status == 413
    assert HEADERS.items() <= headers.items()
    assert send_part(f"http://127.0.0.1:{port}", path, None, BEARER)[0] == 413
    padded = {"ids": [], "eventType": "none", "padding": ""}
    padded["padding"] = "x" * (MAX_BODY_BYTES - len(json.dumps(padded)))
    assert ask(port, path, "POST", padded, **BEARER)[0] == 400


def test_the_executions_are_followed_for_as_long_as_it_is_up(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("GET", f"/api/stream?token={TOKEN}")
    answer = connection.getresponse()
    told = [answer.readline() for _ in range(3)]
    connection.close()
    assert told == [b'data: {"executions": []}\n', b"\n", b'data: {"problem": null}\n']


@pytest.mark.parametrize("path", ["/api/fire", "/api/failures/redrive"])
@pytest.mark.parametrize("sent", HOSTILE)
def test_json_of_another_shape_is_refused_in_a_line(port: int, path: str, sent: str) -> None:
    status, text, _ = ask(port, path, "POST", sent, **BEARER)
    assert status == 400
    told = json.loads(text)["problem"]
    assert told
    assert "\n" not in told


def test_what_aws_refuses_is_told_in_a_line(port: int) -> None:
    status, text, _ = ask(port, "/api/execution?arn=expired", **BEARER)
    assert status == 502
    assert "ExpiredToken" in json.loads(text)["problem"]


def test_an_object_is_text_with_its_metadata(port: int) -> None:
    listed = json.loads(ask(port, "/api/objects?prefix=order/", **BEARER)[1])
    assert [each["key"] for each in listed["objects"]] == ["order/it's.json"]
    assert not listed["more"]
    key = quote("order/it's.json")
    status, told, headers = ask(port, f"/api/object?reveal=true&key={key}", **BEARER)
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert json.loads(json.loads(told)["text"]) == {"data": "<b>"}
    assert json.loads(told)["metadata"] == {"entity-id": "née"}


def test_an_object_is_masked_unless_revealed(port: int) -> None:
    path = "/api/object?key=order/it%27s.json"
    for asked in ("", "&reveal=false", "&reveal=1"):
        _, told, _ = ask(port, path + asked, **BEARER)
        assert json.loads(json.loads(told)["text"]) == {"data": MASK}
    boto3.client("s3").put_object(Bucket="responses", Key="text", Body=b"Jane Roe")
    assert "Jane" not in ask(port, "/api/object?key=text", **BEARER)[1]
    revealed = json.loads(ask(port, "/api/object?key=text&reveal=true", **BEARER)[1])
    assert revealed == {"metadata": {}, "text": "Jane Roe"}


def test_a_failure_is_masked_unless_revealed() -> None:
    event = {"id": "e-1", "detail": {"eventType": "ORDER_PLACED", "note": "Jane Roe"}}
    told = without_data({"errorCode": "ApiRejected", "event": event, "body": "Jane Roe"})
    assert told == {
        "errorCode": "ApiRejected",
        "event": {"id": "e-1", "detail": {"eventType": "ORDER_PLACED", "note": MASK}},
        "body": MASK,
    }


def test_an_execution_is_masked_unless_revealed(port: int) -> None:
    told = json.loads(ask(port, "/api/execution?arn=of%20Jane", **BEARER)[1])
    assert told["event"]["detail"] == {"note": MASK}
    told = json.loads(ask(port, "/api/execution?arn=of%20Jane&reveal=true", **BEARER)[1])
    assert told["event"]["detail"] == {"note": "Jane Roe"}


def test_the_newest_states_of_an_entity_are_told_and_all_are_counted(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "STATES", 3)
    time = datetime(2026, 11, 24)
    for number in range(4):
        key = Key("order", "ORDER_UPDATED", time + timedelta(seconds=number), "many", f"e-{number}")
        body = json.dumps({"data": {"number": number}})
        boto3.client("s3").put_object(Bucket="responses", Key=str(key), Body=body)
    told = json.loads(ask(port, "/api/history?id=many", **BEARER)[1])
    assert (told["count"], len(told["states"])) == (4, 3)
    newest = told["states"][0]
    assert (newest["eventId"], newest["entityId"]) == ("e-3", "many")
    assert newest["changes"] == [
        {"path": "data.number", "what": "changed", "before": MASK, "after": MASK}
    ]
    told = json.loads(ask(port, "/api/history?id=many&entity=order&reveal=true", **BEARER)[1])
    assert told["states"][0]["changes"][0]["after"] == 3
    assert json.loads(ask(port, "/api/history?id=none", **BEARER)[1]) == {"states": [], "count": 0}
    status, text, _ = ask(port, "/api/history?id=many&entity=shopper", **BEARER)
    assert (status, json.loads(text)["problem"][:17]) == (400, "nothing is stored")


def test_every_way_of_the_state_machine_is_drawn_once() -> None:
    drawn = graph(json.loads(DEFINITION.read_text()))
    edges = {(edge["from"], edge["to"]): edge["kind"] for edge in drawn["edges"]}
    assert len(edges) == len(drawn["edges"])
    assert edges["RouteByEventType", "UnsupportedEvent"] == "next"
    assert edges["QueryApi", "ResponseStored?"] == "next"
    assert edges["QueryApi", "ClassifyError"] == "catch"
    assert {name for edge in edges for name in edge} == {each["name"] for each in drawn["states"]}
