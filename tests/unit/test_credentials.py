"""Credentials: which token is sent, when it is fetched anew, and that nobody else sees it."""

import base64
import json
import math
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

from accelerator import credentials as pushing
from accelerator.deployment import Deployment
from accelerator.problem import Problem
from domain import errors
from functions.query_api.connection import Answer, Connection
from functions.query_api.credentials import Credentials
from functions.query_api.secret import endpoint, signed
from tests.harness.aws import strict_aws
from tests.harness.deployments import deployment
from tests.harness.environment import PROJECT

EVENTUALLY = math.inf
CLIENT = {"clientId": "shop", "clientSecret": "secret-1"}


class TokenApi(Connection):
    """A token endpoint that grants token-1, token-2 and so on."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.answer: Answer | None = None
        self.lifetime: Any = 3600

    def post(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
        assert body == b"grant_type=client_credentials"
        time.sleep(0.01)
        self.seen.append(
            base64.b64decode(headers["Authorization"].split()[1]).decode(errors="replace")
        )
        granted = {"access_token": f"token-{len(self.seen)}", "expires_in": self.lifetime}
        return self.answer or Answer(200, json.dumps(granted).encode())


class SecretsManagerApi:
    """Secrets Manager's endpoint, which wants a signature and answers as AWS does."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.answer: Answer | None = None

    def post(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=")
        held = self._client.get_secret_value(**json.loads(body))["SecretString"]
        return self.answer or Answer(200, json.dumps({"SecretString": held}).encode())


@pytest.fixture(scope="module")
def secrets() -> Iterator[Any]:
    """Secrets Manager."""
    with strict_aws():
        yield boto3.client("secretsmanager")


@pytest.fixture
def secret(secrets: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A secret of the test's own, and a way to change it."""
    made = secrets.create_secret(Name=str(uuid.uuid4()), SecretString=json.dumps(CLIENT))
    monkeypatch.setenv("CREDENTIALS_SECRET_ARN", made["ARN"])
    return lambda text: secrets.put_secret_value(SecretId=made["ARN"], SecretString=text)


@pytest.fixture
def secrets_api(secrets: Any, monkeypatch: pytest.MonkeyPatch) -> SecretsManagerApi:
    api = SecretsManagerApi(secrets)
    monkeypatch.setattr("functions.query_api.secret.Connection", lambda url: api)
    return api


@pytest.fixture
def token_api(secret: Any) -> TokenApi:
    return TokenApi()


@pytest.fixture
def oauth(token_api: TokenApi, secrets_api: SecretsManagerApi) -> Credentials:
    return Credentials(token_api)


def test_the_secret_is_read_without_loading_what_asks_for_it() -> None:
    code = "import functions.query_api.secret, sys; sys.exit('%s' in sys.modules)"
    subprocess.run([sys.executable, "-c", code % Credentials.__module__], cwd=PROJECT, check=True)


def test_without_a_secret_the_token_is_the_mocks() -> None:
    assert Credentials(None).token(EVENTUALLY) == "custom-authorized"


def test_a_static_token_is_read_from_the_secret_and_anew_when_it_is_refused(
    secret: Any, secrets_api: SecretsManagerApi
) -> None:
    secret(json.dumps({"apiToken": "old"}))
    credentials = Credentials(None)
    assert credentials.token(EVENTUALLY) == "old"
    secret(json.dumps({"apiToken": "new"}))
    assert credentials.token(EVENTUALLY) == "old", "until it is refused"
    assert credentials.token(EVENTUALLY, refused="old") == "new"


NO_HEADERS = ["a\nb", "a\r\nb: c", "a b", "a\x00", "a\x7f", "tökén", "\ud800", "x" * 8193]


@pytest.mark.parametrize("token", NO_HEADERS)
def test_a_static_token_that_no_header_carries_is_refused(
    secret: Any, secrets_api: SecretsManagerApi, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    secret(json.dumps({"apiToken": token}))
    with pytest.raises(errors.ApiUnauthorized, match=r"^the token is not 1 to 8192 visible"):
        Credentials(None).token(EVENTUALLY)


@pytest.mark.parametrize("token", [*NO_HEADERS, "", None, 1, ["token"]])
def test_a_granted_token_that_no_header_carries_is_refused_and_not_kept(
    oauth: Credentials, token_api: TokenApi, token: Any
) -> None:
    token_api.answer = Answer(200, json.dumps({"access_token": token}).encode())
    for _ in range(2):
        with pytest.raises(errors.ApiUnauthorized, match=r"^the token is not 1 to 8192 visible"):
            oauth.token(EVENTUALLY)
    assert len(token_api.seen) == 2


@pytest.mark.parametrize(
    "held",
    [
        *({"clientId": value, "clientSecret": "s"} for value in (1, None, ["shop"], "")),
        *({"clientId": "shop", "clientSecret": value} for value in (1, None, {"a": "b"}, "")),
    ],
)
def test_client_credentials_are_texts(oauth: Credentials, secret: Any, held: Any) -> None:
    secret(json.dumps(held))
    with pytest.raises(errors.ApiUnauthorized, match="accelerator credentials push"):
        oauth.token(EVENTUALLY)


@pytest.mark.parametrize("client_secret", ["a\nb", "é", "\x00", "☕"])
def test_a_client_secret_may_hold_any_character(
    oauth: Credentials, token_api: TokenApi, secret: Any, client_secret: str
) -> None:
    secret(json.dumps(CLIENT | {"clientSecret": client_secret}))
    assert oauth.token(EVENTUALLY) == "token-1"
    assert token_api.seen == [f"shop:{client_secret}"]


def test_half_a_character_in_a_client_secret_is_for_the_endpoint_to_refuse(
    oauth: Credentials, token_api: TokenApi, secret: Any
) -> None:
    secret(json.dumps(CLIENT | {"clientSecret": "\ud800"}))
    token_api.answer = Answer(401, b"{}")
    with pytest.raises(errors.ApiUnauthorized, match="refuses the credentials"):
        oauth.token(EVENTUALLY)


def test_a_granted_token_is_kept(oauth: Credentials, token_api: TokenApi) -> None:
    assert [oauth.token(EVENTUALLY) for _ in range(3)] == ["token-1"] * 3
    assert token_api.seen == ["shop:secret-1"]


class PublishedTokenApi(Connection):
    """The published token endpoint, which remembers the headers and the forms that it was sent."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, str], str]] = []

    def post(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
        self.seen.append((headers, body.decode()))
        return Answer(200, b'{"access_token": "one", "expires_in": "900"}')


@pytest.mark.parametrize(
    ("client_secret", "sent"),
    [
        ("s3cr3t", "s3cr3t"),
        ("a&b=c d+%", "a%26b%3Dc+d%2B%25"),
        ("☕\n", "%E2%98%95%0A"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_the_published_endpoint_gets_the_credentials_in_the_form(
    secret: Any,
    secrets_api: SecretsManagerApi,
    monkeypatch: pytest.MonkeyPatch,
    client_secret: str,
    sent: str,
) -> None:
    monkeypatch.setenv("API_VERSION", "2024-11-01")
    secret(json.dumps(CLIENT | {"clientSecret": client_secret}))
    api = PublishedTokenApi()
    assert Credentials(api).token(EVENTUALLY) == "one"
    ((headers, form),) = api.seen
    assert form == f"grant_type=client_credentials&client_id=shop&client_secret={sent}"
    assert headers == {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }


def test_a_published_token_is_renewed_before_its_15_minutes_end(
    secret: Any, secrets_api: SecretsManagerApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("functions.query_api.credentials.time.monotonic", lambda: now[0])
    monkeypatch.setenv("API_VERSION", "2024-11-01")
    credentials, asked = Credentials(api := PublishedTokenApi()), []
    for seconds in (0, 869, 2):
        now[0] += seconds
        credentials.token(EVENTUALLY)
        asked.append(len(api.seen))
    assert asked == [1, 1, 2]


def test_a_token_is_granted_anew_shortly_before_it_expires(
    oauth: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("functions.query_api.credentials.time.monotonic", lambda: now[0])
    assert oauth.token(EVENTUALLY) == "token-1"
    now[0] += 3600 - 31
    assert oauth.token(EVENTUALLY) == "token-1"
    now[0] += 2
    assert oauth.token(EVENTUALLY) == "token-2"


SENSELESS: list[Any] = [
    *(-1, 0, -0.0, math.nan, math.inf, -math.inf, 10**400),
    *("soon", "", "nan", "inf", "-5", True, False, None, [], {}),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        *((told, 3600 - 30) for told in (3600, 3600.0, "3600", "3.6e3")),
        *((told, 24 * 3600 - 30) for told in (1e308, 10**300, "1e308")),
        *((told, 60 - 12) for told in SENSELESS),
        (10, 8),
    ],
)
def test_a_token_is_kept_for_as_long_as_makes_sense(
    oauth: Credentials,
    token_api: TokenApi,
    monkeypatch: pytest.MonkeyPatch,
    expires_in: Any,
    seconds: float,
) -> None:
    now = [1000.0]
    monkeypatch.setattr("functions.query_api.credentials.time.monotonic", lambda: now[0])
    token_api.lifetime = expires_in
    assert oauth.token(EVENTUALLY) == "token-1"
    now[0] += seconds - 1
    assert oauth.token(EVENTUALLY) == "token-1"
    now[0] += 2
    assert oauth.token(EVENTUALLY) == "token-2"


def test_a_token_of_which_no_lifetime_is_told_is_kept_for_a_while(
    oauth: Credentials, token_api: TokenApi
) -> None:
    token_api.answer = Answer(200, b'{"access_token": "one"}')
    assert [oauth.token(EVENTUALLY) for _ in range(2)] == ["one"] * 2
    assert len(token_api.seen) == 1


def test_a_refused_token_is_refreshed_with_the_secret_of_now(
    oauth: Credentials, token_api: TokenApi, secret: Any
) -> None:
    assert oauth.token(EVENTUALLY) == "token-1"
    secret(json.dumps(CLIENT | {"clientSecret": "secret-2"}))
    assert oauth.token(EVENTUALLY, refused="token-1") == "token-2"
    assert token_api.seen == ["shop:secret-1", "shop:secret-2"]


def test_calls_at_once_share_one_refresh(oauth: Credentials, token_api: TokenApi) -> None:
    first = oauth.token(EVENTUALLY)
    tokens: list[str] = []
    threads = [
        threading.Thread(target=lambda: tokens.append(oauth.token(EVENTUALLY, refused=first)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(tokens) == {"token-2"}
    assert len(token_api.seen) == 2


@pytest.mark.parametrize("text", ["{}", "not JSON", "[1]", '{"clientId": "shop"}'])
def test_a_secret_without_credentials_says_what_to_do(
    oauth: Credentials, secret: Any, text: str
) -> None:
    secret(text)
    with pytest.raises(errors.ApiUnauthorized, match="accelerator credentials push"):
        oauth.token(EVENTUALLY)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(400, b"{}"), errors.ApiUnauthorized),
        (Answer(401, b"{}"), errors.ApiUnauthorized),
        (Answer(429, b"{}"), errors.ApiThrottled),
        (Answer(503, b""), errors.ApiUnavailable),
        (Answer(200, b"<html>"), errors.ApiUnavailable),
        (Answer(200, b"[]"), errors.ApiUnavailable),
        (Answer(200, b'{"expires_in": 5}'), errors.ApiUnavailable),
        (Answer(200, b"[" * 100_000), errors.ApiUnavailable),
    ],
)
def test_a_token_endpoint_that_grants_nothing_is_a_typed_error(
    oauth: Credentials, token_api: TokenApi, answer: Answer, error: type[Exception]
) -> None:
    token_api.answer = answer
    with pytest.raises(errors.ApiError) as raised:
        oauth.token(EVENTUALLY)
    assert type(raised.value) is error
    assert "secret-1" not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(400, b'{"__type": "AccessDeniedException"}'), errors.ApiUnauthorized),
        (Answer(400, b'{"__type": "a.b#ResourceNotFoundException"}'), errors.ApiUnauthorized),
        (Answer(400, b'{"__type": "ThrottlingException"}'), errors.ApiThrottled),
        (Answer(500, b'{"__type": "InternalServiceError"}'), errors.ApiUnavailable),
        (Answer(403, b"<html>"), errors.ApiUnauthorized),
        (Answer(200, b"{}"), errors.ApiUnauthorized),
    ],
)
def test_a_secret_that_cannot_be_read_is_a_typed_error(
    oauth: Credentials,
    secrets_api: SecretsManagerApi,
    answer: Answer,
    error: type[Exception],
) -> None:
    secrets_api.answer = answer
    with pytest.raises(errors.ApiError) as raised:
        oauth.token(EVENTUALLY)
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "secretsmanager.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "secretsmanager.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "secretsmanager.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_secret_is_asked_for_where_the_sdk_would(region: str, host: str) -> None:
    assert endpoint(region) == f"https://{host}"
    client = boto3.client("secretsmanager", region_name=region)
    assert client.meta.endpoint_url == f"https://{host}"


@pytest.mark.parametrize("session_token", [None, "a/session+token=="])
def test_the_signature_is_the_sdks(
    session_token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", session_token or "")
    url, body, now = (
        "https://secretsmanager.us-east-1.amazonaws.com",
        b'{"a": 1}',
        datetime.now(UTC),
    )
    headers = signed(url, body, now)
    assert headers.get("x-amz-security-token") == session_token
    authorization = headers.pop("authorization")
    request = AWSRequest("POST", url + "/", headers, body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(keys, "secretsmanager", "us-east-1")
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    assert authorization.endswith(f"Signature={signature}")
    assert (
        f"SignedHeaders={signer.signed_headers(signer.headers_to_sign(request))}" in authorization
    )


@pytest.fixture
def deployed(secret: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A deployment with a secret, and an empty configuration."""
    monkeypatch.setattr("accelerator.deployment.PROJECT", tmp_path)
    for name in pushing.KEYS:
        monkeypatch.delenv(name, raising=False)
    return deployment(credentials_secret_arn=os.environ["CREDENTIALS_SECRET_ARN"])


def test_push_puts_the_configured_values_into_the_secret(
    deployed: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("CLIENT_ID=shop\nCLIENT_SECRET=file\n")
    monkeypatch.setenv("CLIENT_SECRET", "environment")
    assert pushing.push_credentials(deployed) == ["CLIENT_ID", "CLIENT_SECRET"]
    stored = deployed.secretsmanager.get_secret_value(
        SecretId=deployed.outputs.credentials_secret_arn
    )
    assert json.loads(stored["SecretString"]) == {
        "clientId": "shop",
        "clientSecret": "environment",
    }


def test_push_trims_what_was_pasted(deployed: Deployment, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CLIENT_ID=' shop '\nCLIENT_SECRET=\"secret\\n\"\n")
    pushing.push_credentials(deployed)
    stored = deployed.secretsmanager.get_secret_value(
        SecretId=deployed.outputs.credentials_secret_arn
    )
    assert json.loads(stored["SecretString"]) == {"clientId": "shop", "clientSecret": "secret"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_TOKEN", "to ken"),
        ("API_TOKEN", "to\nken"),
        ("API_TOKEN", "tök"),
        ("CLIENT_ID", "a\x00"),
    ],
)
def test_push_refuses_what_no_header_carries_and_does_not_tell_it(
    deployed: Deployment, tmp_path: Path, name: str, value: str
) -> None:
    lines = {"CLIENT_ID": "shop", "CLIENT_SECRET": "s", "API_TOKEN": "t"} | {name: value}
    (tmp_path / ".env").write_text("".join(f'{n}="{v}"\n' for n, v in lines.items()))
    with pytest.raises(Problem, match=f"{name} has characters") as raised:
        pushing.push_credentials(deployed)
    assert value not in str(raised.value)


def test_push_says_what_is_missing(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="nothing to push"):
        pushing.push_credentials(deployed)
    monkeypatch.setenv("API_TOKEN", "token")
    with pytest.raises(Problem, match="the stack has no secret"):
        pushing.push_credentials(deployment())


def test_a_file_of_another_encoding_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_bytes(b"# Schl\xfcssel\n")
    monkeypatch.setattr("accelerator.deployment.PROJECT", tmp_path)
    with pytest.raises(Problem, match=r"^\.env is no UTF-8: save it so$"):
        pushing.configured()
