"""What events cost: parts that add up, and settings that change the parts they are about."""

import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import cost as cli
from accelerator.cost.estimate import DEPLOYED, MEASURED, PRICES, Load, estimate
from domain.family import MOCK, PUBLISHED

OURS, LAMBDA, STANDARD, PIPES = (
    "Event accelerator",
    "SQS, one Lambda",
    "Standard workflow",
    ("EventBridge Pipes"),
)


def test_a_million_events_by_hand() -> None:
    """1 $ EventBridge, 1 $ Express, 5 $ PUT and 0.4 $ for two Lambda requests, as listed."""
    ours = estimate(Load(1e6))[OURS]
    assert ours["EventBridge"] == pytest.approx(1)
    assert ours["Express requests"] == pytest.approx(1)
    assert ours["S3 PUT"] == pytest.approx(5)
    assert ours["Lambda requests"] == pytest.approx(0.4)
    # 64 MB for 300 ms.
    assert ours["Express GB-seconds"] == pytest.approx(1e6 * 64 / 1024 * 0.3 * 0.00001667)
    assert estimate(Load(1e6))[STANDARD]["Standard transitions"] == pytest.approx(175)


def test_a_month_without_an_event_is_paid_for_too() -> None:
    """0.30 $ a metric, 0.10 $ an alarm's, 3 $ the dashboard, 0.40 $ a secret, as listed."""
    ours, has = estimate(Load(1))[OURS], DEPLOYED[MOCK]
    assert ours["Custom metrics"] == pytest.approx(0.3 * has["customMetrics"])
    assert ours["Alarms"] == pytest.approx(0.1 * has["alarmMetrics"])
    assert ours["Dashboard"] == pytest.approx(3 * has["dashboards"])
    assert ours["Secrets Manager"] == pytest.approx(0.4 * has["secrets"])
    # Five connections to each queue, which ask every 20 seconds.
    assert ours["SQS polling"] == pytest.approx(5 * 3 * 43_200 * 0.4e-6 * has["polledQueues"])
    published = estimate(Load(1, contract=PUBLISHED))[OURS]
    assert published["Custom metrics"] > ours["Custom metrics"]


def test_what_is_kept_is_paid_for_by_the_time_that_it_is_kept() -> None:
    ours = estimate(Load(1024**2))[OURS]
    assert ours["S3 storage"] == pytest.approx(10 * 0.023)
    assert "Archive" not in ours
    # 2 kB of each event.
    archived = estimate(Load(1024**2, archive_days=60))[OURS]
    assert archived["Archive"] == pytest.approx(2 * (0.1 + 2 * 0.023))
    year = estimate(Load(1024**2, retention_days=365))[OURS]
    assert year["CloudWatch Logs"] > ours["CloudWatch Logs"]


MONTHLY = {"Secrets Manager", "Custom metrics", "Alarms", "Dashboard", "SQS polling"}


def test_everything_but_what_is_paid_by_the_month_grows_with_the_events() -> None:
    one, ten = estimate(Load(1e6)), estimate(Load(1e7))
    for name, parts in one.items():
        for part, usd in parts.items():
            factor = 1 if part in MONTHLY else 10
            assert ten[name][part] == pytest.approx(factor * usd), (name, part)


def test_a_slow_api_costs_what_waits_for_it() -> None:
    fast, slow = (
        estimate(Load(1e6, latency_ms=100))[OURS],
        estimate(Load(1e6, latency_ms=2100))[OURS],
    )
    dearer = {part for part in fast if slow[part] > fast[part]}
    assert dearer == {"Express GB-seconds", "Lambda GB-seconds"}
    # Two seconds of 256 MB.
    waited = slow["Lambda GB-seconds"] - fast["Lambda GB-seconds"]
    assert waited == pytest.approx(1e6 * 2 * 0.25 * 0.0000133334)


def test_computing_takes_longer_with_a_share_of_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MEASURED, "cpuMs", {"extract_id": 0.0, "query_api": 100.0})
    # 256 MB have 256 of a CPU's 1,769 MB.
    computed = estimate(Load(1e6, latency_ms=0))[OURS]["Lambda GB-seconds"]
    assert computed == pytest.approx(1e6 * 0.692 * 0.25 * 0.0000133334)


def test_logs_cost_less_the_less_there_is_of_them() -> None:
    loads = [Load(1e6, data=True), Load(1e6), Load(1e6, logs="error")]
    paid = [estimate(load)[OURS]["CloudWatch Logs"] for load in loads]
    assert paid == sorted(paid, reverse=True)
    assert len(set(paid)) == 3
    # The functions write theirs whatever EXECUTION_LOGS says.
    assert estimate(Load(1e6, logs="off"))[OURS]["CloudWatch Logs"] == paid[-1] > 0


def test_every_price_says_where_it_comes_from() -> None:
    for price in PRICES["prices"].values():
        assert price["source"].startswith("https://aws.amazon.com/")
        assert price["usd"] > 0


def test_the_command_tells_every_architecture_and_the_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cli, "output", Console(width=200, highlight=False))
    shown = CliRunner().invoke(app, ["cost", "--events", "1e6", "--logs", "error"])
    assert shown.exit_code == 0
    for name in (OURS, LAMBDA, STANDARD, PIPES, "Against SQS with one Lambda, S3 PUT apart: "):
        assert name in shown.output
    as_json = CliRunner().invoke(app, ["cost", "--json", "--data", "on"])
    assert json.loads(as_json.output)[OURS]["S3 PUT"] == pytest.approx(5)
