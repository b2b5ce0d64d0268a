"""Made-up events go where they harm nobody, and by names that a person remembers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import events
from accelerator.deployment import Deployment
from accelerator.fire import entries, fire
from accelerator.problem import Problem
from domain.event_types import FAMILIES
from domain.family import MOCK, PUBLISHED
from tests.harness.deployments import deployment, with_output
from tests.harness.environment import PutEvents


def fired_at(bus: PutEvents, **told: Any) -> Deployment:
    made = replace(deployment(event_bus_name="bus", may_be_fired_at=told.pop("may", "")), **told)
    made.__dict__["events"] = bus
    return made


@pytest.mark.parametrize("told", [{"may": "true"}, {"is_local": True}], ids=str)
def test_events_are_fired_where_nobody_else_listens(told: dict[str, Any]) -> None:
    bus = PutEvents()
    sent = fire(fired_at(bus, **told), entries(MOCK, "order_placed", "322") * 12)
    assert [len(ids) for ids in sent] == [10, 2]
    assert len(bus.entries) == 12


@pytest.mark.parametrize("may", ["false", ""])
def test_a_real_bus_is_never_fired_at(may: str) -> None:
    bus = PutEvents()
    with pytest.raises(Problem, match="the sandbox's bus only: unset EVENT_BUS_ARN"):
        list(fire(fired_at(bus, may=may), entries(MOCK, "order_placed")))
    assert bus.entries == []


def run(monkeypatch: pytest.MonkeyPatch, contract: str, *arguments: str, code: int = 0) -> Any:
    """What a command put on the bus, or what it ended with."""
    return ran(monkeypatch, contract, *arguments, code=code)[0]


def ran(
    monkeypatch: pytest.MonkeyPatch, contract: str, *arguments: str, code: int = 0
) -> tuple[Any, str]:
    """The same, and what is told on standard error."""
    bus = PutEvents(contract)
    made = fired_at(bus, is_local=True)
    with_output(made, api_version="" if contract == MOCK else contract)
    monkeypatch.setattr(events, "connect", lambda _local: made)
    result = CliRunner().invoke(app, ["fire", *arguments])
    assert result.exit_code == code, result.output
    return result.exception if code else bus.entries, result.stderr


@pytest.mark.parametrize("family", FAMILIES, ids=lambda each: f"{each.contract} {each.name}")
def test_of_what_rules_take_nothing_is_said(monkeypatch: pytest.MonkeyPatch, family: Any) -> None:
    for name in family.types:
        _, told = ran(monkeypatch, family.contract, name)
        assert told == "sent 1\n"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (("detail.eventType=FOO",), "takes FOO: nothing starts with it"),
        (
            ("detail-type=ORDER_CONFIRMED", "detail.eventType=1"),
            f"takes ORDER_CONFIRMED: nothing starts with it (it is of the contract {PUBLISHED})",
        ),
    ],
)
def test_an_event_that_no_rule_takes_is_sent_and_told(
    monkeypatch: pytest.MonkeyPatch, changes: tuple[str, ...], told: str
) -> None:
    sets = [word for change in changes for word in ("--set", change)]
    sent, errors = ran(monkeypatch, MOCK, "order", "--count", "12", *sets)
    assert len(sent) == 12
    assert errors == f"sent 12\nno rule of this deployment {told}\n"


def test_a_type_that_was_not_deployed_yet_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = fired_at(bus := PutEvents(), is_local=True)
    del bus.rules["order"]
    monkeypatch.setattr(events, "connect", lambda _local: made)
    result = CliRunner().invoke(app, ["fire", "order"])
    assert (
        "takes ORDER_PLACED: nothing starts with it (deploy again, or look at EVENT_SOURCE)"
        in result.stderr
    )
    assert (result.exit_code, len(bus.entries)) == (0, 1)


def test_who_may_not_read_rules_may_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: Any, **__: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeRule")

    monkeypatch.setattr(PutEvents, "describe_rule", deny)
    assert ran(monkeypatch, MOCK, "order")[1] == "sent 1\n"


@pytest.mark.parametrize(
    ("contract", "name", "told"),
    [
        (MOCK, "order_confirmed", f"published contract: set API_VERSION={PUBLISHED} in .env"),
        (MOCK, "package", "published contract"),
        (MOCK, "story", "published contract"),
        (PUBLISHED, "order_placed", "mock accelerator's contract: unset API_VERSION in .env"),
        (MOCK, "order_placd", "there is no event type order_placd: did you mean order_placed?"),
    ],
)
def test_a_name_of_the_other_contract_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, contract: str, name: str, told: str
) -> None:
    assert told in str(run(monkeypatch, contract, name, code=1))


def test_a_name_and_a_file_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(app, ["fire", "order", "--file", "x.json"])
    told = " ".join(result.output.replace("│", " ").split())
    assert (result.exit_code, "both order and --file x.json are given" in told) == (2, True)


def test_an_event_of_ones_own_is_sent_as_it_is_and_changed_where_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "event.json"
    event = {"detail-type": "MINE", "source": "me", "resources": ["r"], "detail": {"a": {"b": 1}}}
    file.write_text(json.dumps(event))
    sets = ("--set", "detail.a.c=[1]", "--set", "detail.d=text", "--set", "detail-type=OTHER")
    (sent,) = run(monkeypatch, MOCK, "--file", str(file), *sets)
    assert json.loads(sent["Detail"]) == {"a": {"b": 1, "c": [1]}, "d": "text"}
    assert (sent["DetailType"], sent["Source"], sent["Resources"]) == ("OTHER", "me", ["r"])


@pytest.mark.parametrize("change", ["x", "nowhere.x=1", "=1"])
def test_a_change_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    problem = run(monkeypatch, MOCK, "order", "--set", change, code=1)
    assert "is no change: give one such as" in str(problem)


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"detail": 5}'])
def test_a_file_without_an_event_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "event.json"
    file.write_text(text)
    assert str(file) in str(run(monkeypatch, MOCK, "--file", str(file), code=1))


def test_a_story_is_one_orders_life_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = run(monkeypatch, PUBLISHED, "story", "--id", "322-AAAA-BBBBBB")
    assert [entry["DetailType"] for entry in sent][::10] == ["ORDER_CONFIRMED", "RETURN_COMPLETED"]
    orders = [entry for entry in sent if "/order/" in entry["Resources"][0]]
    assert len(orders) == len(sent) - 1
    assert all("/order/322-AAAA-BBBBBB" in entry["Resources"][0] for entry in orders)
    seconds = [f"{entry['Time']:%S}" for entry in sent]
    assert len({*seconds}) == len(sent)
    assert [entry["Time"] for entry in sent] == sorted(entry["Time"] for entry in sent)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda each: f"{each.contract} {each.name}")
def test_a_familys_name_stands_for_its_first_type(
    monkeypatch: pytest.MonkeyPatch, family: Any
) -> None:
    (sent,) = run(monkeypatch, family.contract, family.name)
    assert next(iter(family.types.values())) in str(sent)
