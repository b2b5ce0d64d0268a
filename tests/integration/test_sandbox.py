"""The sandbox on the local cloud, and OAuth with tokens that expire and a secret that rotates."""

import http.client
import json
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from accelerator.deployment import Deployment
from domain.names import MOCK_TOKEN
from mock_api import events
from mock_api.event_api import put_events
from tests.harness.environment import PATIENCE_SECONDS
from tests.harness.local_cloud import (
    accelerator,
    clean_environment,
    cloud_of,
    our_environments,
    stored_ids,
    wait_until,
)
from tests.integration.test_chaos import failed_ids

# `OAUTH_SECONDS=120` makes the run as long as the product is held to.
OAUTH_SECONDS = float(os.environ.get("OAUTH_SECONDS", "20"))
PAUSE_SECONDS = 0.5


@pytest.fixture
def sandbox() -> Iterator[Deployment]:
    """Both stacks on a local cloud."""
    with cloud_of("--sandbox") as cloud:
        yield cloud


def request(method: str, url: str, headers: dict[str, str], body: Any = None) -> tuple[int, Any]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
    connection.request(method, f"{parts.path}?{parts.query}", json.dumps(body), headers)
    response = connection.getresponse()
    answer = response.status, json.loads(response.read() or b"{}")
    connection.close()
    return answer


def test_the_event_api_takes_its_key_and_its_events_are_hydrated(sandbox: Deployment) -> None:
    url = f"{sandbox.event_api}/put-event/order?event-type=order_placed"
    assert request("POST", url, {})[0] == 403
    assert request("POST", url, {"x-api-key": "wrong"})[0] == 403
    public = {"Authorization": f"bearer {MOCK_TOKEN}", "X-Omni-InstallationId": "i34242"}
    assert request("POST", sandbox.mock_api or "", public)[0] == 401
    key = {"x-api-key": sandbox.event_api_key or ""}
    status, body = request("POST", url, key)
    assert status == 200
    status, told = request("POST", url.replace("order_placed", "eaten"), key)
    assert status == 400
    assert "order_placed" in told["message"]
    wait_until(lambda: set(body["eventIds"]) <= stored_ids(sandbox))


# What a shell may have that is about an account on AWS.
ACCOUNT = {
    "AWS_PROFILE": "an-account",
    "AWS_SESSION_TOKEN": "an-account",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "an-account",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://an-account",
}


@pytest.fixture
def oauth() -> Iterator[tuple[Deployment, dict[str, str]]]:
    """A local cloud that asks the mock's token endpoint for tokens of five seconds."""
    environment = clean_environment() | ACCOUNT
    environment |= {
        "TOKEN_URL": f"http://127.0.0.1:{environment['ACCELERATOR_MOCK_PORT']}/oauth/token",
        "CLIENT_ID": "mock-client",
        "CLIENT_SECRET": "mock-secret-5",
    }
    with cloud_of(**environment) as cloud:
        yield cloud, environment


def nobody_is_told_of_an_account_or_the_secret() -> None:
    """Neither ministack and its functions nor the mock are."""
    environments = our_environments()
    assert len(environments) > 3
    for command, environment in environments:
        told = {name for name, value in environment.items() if "an-account" in value}
        assert not told, command
        assert not {"CLIENT_ID", "CLIENT_SECRET"} & environment.keys(), command
        assert environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull, command
        assert environment["AWS_CONFIG_FILE"] == os.devnull, command


def test_tokens_expire_and_the_secret_rotates_without_a_failure(
    oauth: tuple[Deployment, dict[str, str]],
) -> None:
    cloud, environment = oauth
    sent: set[str] = set()

    def send(seconds: float) -> None:
        for _ in range(int(seconds / PAUSE_SECONDS)):
            entries = [events.entry("order_placed") for _ in range(5)]
            sent.update(put_events(cloud.events, cloud.outputs.event_bus_name, entries))
            time.sleep(PAUSE_SECONDS)

    send(OAUTH_SECONDS / 2)
    rotated = environment | {"CLIENT_SECRET": "mock-secret-rotated-5"}
    pushed = accelerator("credentials", "push", environment=rotated)
    assert pushed.stdout == "pushed CLIENT_ID, CLIENT_SECRET\n"
    secret = {"secret": "mock-secret-rotated-5"}
    assert request("PUT", f"{cloud.event_api}/oauth/secret", {}, secret)[0] == 200
    send(OAUTH_SECONDS / 2)
    wait_until(lambda: sent <= stored_ids(cloud))
    assert not failed_ids(cloud)
    nobody_is_told_of_an_account_or_the_secret()
    assert len(sent) == 5 * OAUTH_SECONDS / PAUSE_SECONDS
