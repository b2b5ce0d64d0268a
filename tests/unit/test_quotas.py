"""Quotas: which is reached first, by AWS's defaults and by what an account has."""

import json
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import NoCredentialsError
from rich.console import Console
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import cost as cli
from accelerator.cost import quotas
from accelerator.cost.quotas import CONCURRENCY, QUOTAS, defaults, limits, of_account


def names(latency: float = 150, region: str = "us-east-1", **given: Any) -> list[str]:
    return [limit.name for limit in limits(defaults(region), latency, **given)]


def test_the_first_is_the_one_with_the_lowest_rate() -> None:
    told = limits(defaults("us-east-1"), 150)
    assert [limit.rate for limit in told] == sorted(limit.rate for limit in told)
    assert {limit.name: limit.most for limit in told} == {
        "EventBridge invocations/s": 18_750,
        "starts of Express executions/s": 6_000,
        "Lambda executions at once": 1_000,
        "S3 PUT/s under one prefix": 3_500,
    }


def test_each_region_has_its_own() -> None:
    assert names(region="us-east-1")[0] == "S3 PUT/s under one prefix"
    assert names(region="sa-east-1")[0] == "EventBridge invocations/s"
    assert limits(defaults("cn-north-1"), 150)[0].most == 750


def test_lambda_is_held_for_as_long_as_the_api_takes() -> None:
    """A second of QueryApi, and of ExtractId a tenth: no environment serves more than ten."""
    (limit,) = [
        limit for limit in limits(defaults("us-east-1"), 1000) if limit.name.startswith("Lambda")
    ]
    assert limit.an_event == pytest.approx(1.1, abs=0.01)
    assert limit.rate == pytest.approx(1000 / 1.1, rel=0.01)
    assert names(latency=1000)[0] == "Lambda executions at once"
    assert limits(defaults("us-east-1"), 0)[-2].an_event <= 1


def test_what_is_set_and_what_the_api_takes_are_limits_too() -> None:
    told = limits(defaults("us-east-1"), 500, concurrency=10, api_rate=15)
    assert [(limit.name, limit.most) for limit in told[:2]] == [
        ("the API's requests/s", 15),
        ("QUERY_API_CONCURRENCY", 10),
    ]
    assert told[1].rate == pytest.approx(20, rel=0.01)
    (shared,) = [limit for limit in told if limit.name.startswith("Lambda")]
    assert shared.an_event == pytest.approx(0.1)


def test_every_quota_says_where_it_comes_from() -> None:
    for quota in QUOTAS.values():
        assert quota["source"].startswith("https://docs.aws.amazon.com/")
        assert quota["default"]["other"] > 0
        assert ("code" in quota) == ("service" in quota)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new account, which has fewer invocations and ten executions at once."""

    def answer(client: Any, operation: str, parameters: Any) -> Any:
        if operation == "GetAccountSettings":
            limit = {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}
            return {"AccountLimit": limit}
        assert operation == "GetServiceQuota"
        assert parameters == {"ServiceCode": "events", "QuotaCode": "L-5540C5E3"}
        return {"Quota": {"Value": 500.0}}

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)


@pytest.mark.usefixtures("account")
def test_an_account_tells_what_it_has() -> None:
    had = defaults("us-east-1") | of_account(boto3.Session(region_name="us-east-1"))
    assert had[CONCURRENCY] == 10
    assert limits(had, 150)[0].rate == pytest.approx(39.7, abs=0.1)


def ask(*arguments: str) -> str:
    shown = CliRunner().invoke(app, ["cost", *arguments])
    assert shown.exit_code == 0, shown.output
    return shown.output


def test_the_command_tells_the_first_and_what_comes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "output", Console(width=200, highlight=False))
    told = ask("--rate", "500")
    assert "Reached first: S3 PUT/s under one prefix, at 3,500 events a second. Beyond, " in told
    assert "AWS's defaults in us-east-1" in told
    assert "give --api-rate" in told
    assert "at 9,800 events" not in told
    (first, *_) = json.loads(ask("--rate", "500", "--json", "--concurrency", "20"))
    assert first["quota"] == "QUERY_API_CONCURRENCY"
    assert first["needed"] > first["most"]


def test_an_account_without_credentials_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(quotas, "of_account", refuse)
    result = CliRunner().invoke(app, ["cost", "--rate", "50", "--account"])
    assert str(result.exception).startswith("no credentials are configured: give some")


@pytest.mark.usefixtures("account")
def test_the_command_asks_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "output", Console(width=200, highlight=False))
    told = ask("--rate", "50", "--account")
    assert "Lambda executions at once, at 40 events a second, which is less." in told
    assert "The account's own quotas in us-east-1" in told
