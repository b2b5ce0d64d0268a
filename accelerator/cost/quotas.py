"""Which quota events at a rate reach first: AWS's defaults, or what an account has."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from accelerator.cost.estimate import HERE, MB_A_CPU, MEASURED
from domain.errors import ApiThrottled

DATA: dict[str, Any] = json.loads((HERE / "quotas.json").read_text())
QUOTAS: dict[str, dict[str, Any]] = DATA["quotas"]
EVENTS, STARTS, CONCURRENCY, PUTS = QUOTAS
# An execution environment takes ten synchronous requests a second, however short they are (Lambda
# developer guide, "Understanding Lambda function scaling").
REQUESTS_A_SECOND = 10


@dataclass(frozen=True)
class Limit:
    """A quota: how much there is, what one event a second takes of it, and what happens beyond."""

    name: str
    most: float
    an_event: float
    then: str

    @property
    def rate(self) -> float:
        """The events a second at which it is reached."""
        return self.most / self.an_event


def defaults(region: str) -> dict[str, float]:
    """AWS's own quotas in a region, by name."""
    told = {name: each["default"] for name, each in QUOTAS.items()}
    return {name: each.get(region, each["other"]) for name, each in told.items()}


def of_account(session: boto3.Session) -> dict[str, float]:
    """The quotas that an account has, where it tells them; those of Express starts it does not.

    Raises:
        ClientError, BotoCoreError: there are no credentials, or they may not ask.
    """
    told = session.client("lambda").get_account_settings()["AccountLimit"]
    invocations = QUOTAS[EVENTS]
    quota = session.client("service-quotas").get_service_quota(
        ServiceCode=invocations["service"], QuotaCode=invocations["code"]
    )
    return {
        EVENTS: quota["Quota"]["Value"],
        CONCURRENCY: told["UnreservedConcurrentExecutions"],
    }


def limits(
    quotas: Mapping[str, float],
    latency_ms: float,
    concurrency: int | None = None,
    api_rate: float | None = None,
) -> list[Limit]:
    """Every limit, the one that is reached first before others.

    Args:
        quotas: by name, as `defaults` and `of_account` tell them.
        latency_ms: the API's.
        concurrency: QUERY_API_CONCURRENCY, which is not the account's unreserved any more.
        api_rate: the requests a second that the API takes, if that is known.
    """
    extract, query = busy("extract_id", 0), busy("query_api", latency_ms)
    shared = extract if concurrency else extract + query
    told = [
        Limit("EventBridge invocations/s", quotas[EVENTS], 1, "EventBridge delays them"),
        Limit(
            "starts of Express executions/s",
            quotas[STARTS],
            1,
            "EventBridge tries again for 24 hours (alarm StartsThrottled)",
        ),
        Limit(
            "Lambda executions at once",
            quotas[CONCURRENCY],
            shared,
            "tasks are retried, then their event is redriven or fails",
        ),
        Limit("S3 PUT/s under one prefix", quotas[PUTS], 1, "StoreResponse is retried"),
    ]
    if concurrency:
        then = "QueryApi is retried, then its event is redriven"
        told.append(Limit("QUERY_API_CONCURRENCY", concurrency, query, then))
    if api_rate:
        then = f"{ApiThrottled.__name__}: QueryApi is retried, then its event is redriven"
        told.append(Limit("the API's requests/s", api_rate, 1, then))
    return sorted(told, key=lambda limit: limit.rate)


def busy(function: str, wait_ms: float) -> float:
    """How many executions of a function at once an event a second takes, by Little's law."""
    computing = MEASURED["cpuMs"][function] * max(1.0, MB_A_CPU / MEASURED["memoryMb"][function])
    return float(max((wait_ms + computing) / 1000, 1 / REQUESTS_A_SECOND))
