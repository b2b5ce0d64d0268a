"""Reads the secret with one signed request; loading the AWS SDK would double the cold start."""

import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from urllib.parse import urlsplit

from domain.environment import variable
from domain.errors import ApiThrottled, ApiUnauthorized
from domain.regions import partition
from functions.query_api.connection import Answer, Connection
from functions.query_api.refusals import raise_for_status

NO_CREDENTIALS = "the secret holds no credentials: run 'accelerator credentials push'"
SERVICE = "secretsmanager"


class Secret:
    """The secret that CREDENTIALS_SECRET_ARN names, in Secrets Manager."""

    def __init__(self) -> None:
        """Prepare, without asking for anything yet."""
        self._url = os.environ.get("AWS_ENDPOINT_URL", endpoint(variable("AWS_REGION")))
        self._api = Connection(self._url)

    def read(self, deadline: float, *names: str) -> list[str]:
        """The texts that the secret, a JSON object, holds under these names.

        Raises:
            ApiUnauthorized: it lacks one of them, or this function may not read it.
            ApiUnavailable, ApiTimeout, ApiThrottled: Secrets Manager does not answer.
        """
        body = json.dumps({"SecretId": variable("CREDENTIALS_SECRET_ARN")}).encode()
        answer = self._api.post(body, signed(self._url, body, datetime.now(UTC)), deadline)
        if answer.status != 200:
            raise_for_refusal(answer)
        try:
            held = json.loads(json.loads(answer.body)["SecretString"])
            texts = [held[name] for name in names]
        except (ValueError, KeyError, TypeError, RecursionError):
            texts = [None]
        if not all(isinstance(text, str) and text for text in texts):
            raise ApiUnauthorized(NO_CREDENTIALS)
        return texts


def endpoint(region: str) -> str:
    """Where Secrets Manager is in a region."""
    return f"https://{SERVICE}.{region}.{partition(region).suffix}"


def raise_for_refusal(answer: Answer) -> None:
    """Raise the error for an answer other than 200 (Secrets Manager API, GetSecretValue)."""
    if answer.status >= 500:
        raise_for_status(answer.status)
    try:
        code = str(json.loads(answer.body)["__type"]).rsplit("#", 1)[-1]
    except (ValueError, KeyError, TypeError):
        code = f"status {answer.status}"
    if code == "ThrottlingException":
        raise ApiThrottled("Secrets Manager: ThrottlingException")
    raise ApiUnauthorized(f"the secret cannot be read: {code}")


def signed(url: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of a GetSecretValue, signed with the function's own credentials.

    AWS Signature Version 4 (IAM user guide, "Create a signed AWS API request").
    """
    stamp, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": urlsplit(url).netloc,
        "x-amz-date": stamp,
        "x-amz-target": "secretsmanager.GetSecretValue",
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    names = ";".join(sorted(headers))
    canonical = "\n".join(f"{name}:{headers[name]}" for name in sorted(headers))
    request = f"POST\n/\n\n{canonical}\n\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = [day, variable("AWS_REGION"), SERVICE, "aws4_request"]
    key = f"AWS4{variable('AWS_SECRET_ACCESS_KEY')}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    hashed = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{'/'.join(scope)}\n{hashed}"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={variable('AWS_ACCESS_KEY_ID')}/{'/'.join(scope)}, "
        f"SignedHeaders={names}, Signature={hmac.digest(key, to_sign.encode(), 'sha256').hex()}"
    )
    return headers
