"""Asks the published Buy with Prime API, as an operator and not as the state machine does."""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from accelerator.problem import Problem
from domain.family import PUBLISHED
from domain.graphql_errors import error_codes, member
from stacks.settings import Settings

TIMEOUT_SECONDS = 20


class Refused(Problem):
    """The API answers with errors; `codes` are all that they have."""

    def __init__(self, codes: set[str], told: str) -> None:
        super().__init__(told)
        self.codes = codes


class PublishedApi:
    """The API of a deployment's settings, for a client's credentials."""

    def __init__(self, settings: Settings, client_id: str, client_secret: str) -> None:
        """Get a token.

        Raises:
            Problem: something is not configured, or the token endpoint refuses.
        """
        if not (settings.api_version and settings.api_url and settings.token_url):
            raise Problem("this is for the published API: set API_VERSION, API_URL and TOKEN_URL")
        if not settings.target_id:
            raise Problem("set TARGET_ID to your business product, which the credentials came with")
        self._url, self._target_id = settings.api_url, settings.target_id
        form = {"grant_type": "client_credentials", "client_id": client_id}
        body = urlencode(form | {"client_secret": client_secret}).encode()
        granted = exchange(settings.token_url, body, "application/x-www-form-urlencoded")
        self._token = str(granted.get("access_token") or "")
        if not self._token:
            raise Problem(f"{settings.token_url} grants no token: look at the credentials")

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The `data` of a query or mutation.

        Raises:
            Refused: the answer has errors.
            Problem: there is no answer.
        """
        body = json.dumps({"query": query, "variables": variables}).encode()
        answer = exchange(
            self._url,
            body,
            "application/json",
            {
                "Authorization": f"Bearer {self._token}",
                "x-api-target-id": self._target_id,
                "x-api-version": PUBLISHED,
            },
        )
        if errors := answer.get("errors"):
            raise refused(errors)
        data: dict[str, Any] = answer.get("data") or {}
        return data


def refused(errors: list[Any]) -> Refused:
    """What a response's errors say."""
    told, codes = [], set()
    for error in errors:
        named = error_codes(error)
        codes.update(named)
        told.append(f"{member(error, 'message')} ({', '.join(named) or 'no code given'})")
    return Refused(codes, "; ".join(told))


def exchange(
    url: str, body: bytes, content_type: str, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object that a post is answered with, whatever the status.

    Raises:
        Problem: there is no answer, or another.
    """
    sent = {"Content-Type": content_type, "Accept": "application/json"} | (headers or {})
    request = urllib.request.Request(url, body, sent)  # noqa: S310 (Settings takes http and https)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            read = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            read = error.read()
        if error.code in (401, 403):
            raise Problem(f"{url} refuses the credentials: status {error.code}") from None
    except OSError as error:
        raise Problem(f"{url} does not answer: {error}") from None
    try:
        answered = json.loads(read)
    except ValueError:
        answered = None
    if not isinstance(answered, dict):
        raise Problem(f"{url} answers with what is no JSON object")
    return answered
