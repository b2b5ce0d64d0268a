"""Checks the configured endpoint: whether anything answers there that may be the API."""

import json
import urllib.error
import urllib.request

from accelerator.problem import Problem

# Of a path where nothing takes a query.
NO_API = (404, 405, 410)
SECONDS = 10


def check_endpoint(url: str | None) -> str:
    """Whether the endpoint answers a query of somebody without a token: it may refuse, no more.

    Raises:
        Problem: it does not answer, is in trouble, or is no API.
    """
    if not url:
        return "the sandbox brings its own"
    body = json.dumps({"query": "{ __typename }"}).encode()
    request = urllib.request.Request(  # noqa: S310 (Settings takes http and https only)
        url, body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return told(url, answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return told(url, error.code)
    except (urllib.error.URLError, OSError) as error:
        raise Problem(f"{url} does not answer: {error}") from None


def told(url: str, status: int) -> str:
    """What a status says."""
    if status in NO_API:
        raise Problem(f"{url} answers with status {status}, so no API is there: mend its address")
    if status >= 500:
        raise Problem(f"{url} answers with status {status}: see whether it is up, and try again")
    return f"answers with status {status}"
