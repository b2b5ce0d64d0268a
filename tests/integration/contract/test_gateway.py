"""Whom the local cloud lets in, and that ministack lets in anybody."""

import http.client
import json
import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError
from ministack import app

from accelerator.corrections.gateway import correct_access
from tests.harness.environment import PATIENCE_SECONDS
from tests.harness.server import REGION, ministack
from tests.integration.contract.conftest import run

EVIL = "https://evil.example"
API = "/restapis/none/prod/_user_request_/put-event/order"


def asked(host: str, **headers: str) -> tuple[int, set[str]]:
    """What this process's ministack answers to a request: a status, and the headers' names."""
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    given = {"host": host} | headers
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    run(app.app(scope, receive, send))
    return told[0]["status"], {name.decode().lower() for name, _ in told[0]["headers"]}


def test_ministack_lets_in_anybody_and_every_page_read() -> None:
    status, headers = asked("evil.example:4566", origin=EVIL)
    assert status == 200
    assert "access-control-allow-origin" in headers


def test_corrected_it_lets_in_whoever_has_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "4566")
    correct_access()
    key = {"authorization": "AWS4-HMAC-SHA256 Credential=testing/20261124/any/s3/aws4_request"}
    assert asked("127.0.0.1:4566")[0] == 403
    assert asked("evil.example:4566", **key)[0] == 403
    assert asked("127.0.0.1:4566", **key, origin=EVIL)[0] == 403
    status, headers = asked("127.0.0.1:4566", **key)
    assert status == 200
    assert not any(name.startswith("access-control-") for name in headers)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A ministack with every correction, in a process of its own."""
    with ministack() as endpoint:
        yield endpoint


CALLS: dict[str, Callable[[Any], Any]] = {
    "secretsmanager": lambda client: client.list_secrets(),
    "s3": lambda client: client.list_buckets(),
    "lambda": lambda client: client.list_functions(),
    "sqs": lambda client: client.list_queues(),
    "sns": lambda client: client.list_topics(),
    "cloudformation": lambda client: client.list_stacks(),
}


@pytest.mark.parametrize("service", CALLS)
def test_a_service_wants_the_key_of_the_run(endpoint: str, service: str) -> None:
    def call(key: str) -> Any:
        session = boto3.Session(key, "any", region_name=REGION)
        return CALLS[service](session.client(service, endpoint_url=endpoint))  # type: ignore[call-overload]

    assert call(os.environ["AWS_ACCESS_KEY_ID"])
    for wrong in ("local", "000000000000", "ASIA0000000000000000"):
        with pytest.raises(ClientError, match="only the credentials that 'accelerator status'"):
            call(wrong)


def test_the_account_is_the_one_that_it_always_was(endpoint: str) -> None:
    identity = boto3.client("sts", endpoint_url=endpoint).get_caller_identity()
    assert identity["Account"] == "000000000000"


def test_who_assumes_a_role_is_let_in(endpoint: str) -> None:
    """The CDK does, for each role of its bootstrap stack."""
    given = boto3.client("sts", endpoint_url=endpoint).assume_role(
        RoleArn="arn:aws:iam::000000000000:role/any", RoleSessionName="any"
    )["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert session.client("s3", endpoint_url=endpoint).list_buckets()["Buckets"] == []


def answered(
    endpoint: str, method: str, path: str, **headers: str
) -> tuple[int, http.client.HTTPMessage]:
    """The status and the headers of an answer."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=PATIENCE_SECONDS)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    connection.close()
    return response.status, response.headers


def presigned(endpoint: str, key: str) -> str:
    """The path of a URL that carries a key itself."""
    session = boto3.Session(key, "any", region_name=REGION)
    url = session.client("s3", endpoint_url=endpoint).generate_presigned_url("list_buckets")
    return url.removeprefix(endpoint)


def test_a_url_that_carries_the_key_is_let_in(endpoint: str) -> None:
    assert answered(endpoint, "GET", presigned(endpoint, "testing"))[0] == 200
    assert answered(endpoint, "GET", presigned(endpoint, "wrong"))[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/bucket/key",
        "/health",
        "/_ministack/health",
        "/_ministack/ready/",
        "/_ministack/config",
        "/restapis",
        "/restapis/a/b/c/_user_request_/",
        f"/{API}",
        "/2015-03-31/functions",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_told_or_done_without_a_key(endpoint: str, method: str, path: str) -> None:
    assert answered(endpoint, method, path)[0] == 403


def test_what_nobody_signs_is_answered(endpoint: str) -> None:
    assert answered(endpoint, "GET", "/_ministack/ready")[0] == 200
    # API Gateway's own refusal, there being no such API.
    assert answered(endpoint, "POST", API)[0] == 404


def test_the_open_way_to_an_api_leads_to_no_service(endpoint: str) -> None:
    target = {"X-Amz-Target": "secretsmanager.ListSecrets"}
    assert answered(endpoint, "POST", API, **target)[0] == 404
    assert answered(endpoint, "POST", f"{API}?Action=ListQueues", **target)[0] == 404


@pytest.mark.parametrize("path", ["/", API, "/_ministack/ready", "presigned"])
@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
    ],
    ids=str,
)
def test_another_site_is_refused(endpoint: str, foreign: dict[str, str], path: str) -> None:
    path = presigned(endpoint, "testing") if path == "presigned" else path
    for method in ("GET", "POST", "OPTIONS"):
        status, headers = answered(endpoint, method, path, **foreign)
        assert status == 403
        assert not any(name.lower().startswith("access-control-") for name in headers)


def test_no_page_is_let_read_what_is_answered(endpoint: str) -> None:
    for path in (presigned(endpoint, "testing"), API, "/_ministack/ready"):
        status, headers = answered(endpoint, "GET", path, Origin=endpoint)
        assert status in (200, 404)
        assert not any(name.lower().startswith("access-control-") for name in headers)


def test_a_refusal_is_in_the_form_of_the_service(endpoint: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=PATIENCE_SECONDS)
    connection.request("POST", "/", "{}", {"X-Amz-Target": "secretsmanager.ListSecrets"})
    assert json.loads(connection.getresponse().read())["__type"] == "InvalidClientTokenId"
    connection.close()


def test_a_web_socket_is_refused(endpoint: str) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    status, headers = answered(endpoint, "GET", "/_aws/execute-api/a/prod", **upgrade)
    # With what is wrong, which ministack does not say where it knows no such API.
    assert (status, headers["content-type"]) == (403, "application/xml")
