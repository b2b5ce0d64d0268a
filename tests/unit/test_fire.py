"""Made-up events go where they harm nobody, and by names that a person remembers."""

from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import events
from accelerator.deployment import Deployment
from accelerator.fire import fire
from accelerator.problem import Problem
from domain.event_types import FAMILIES
from domain.family import MOCK
from tests.harness.deployments import deployment, with_output
from tests.harness.environment import PutEvents


def fired_at(bus: PutEvents, **told: Any) -> Deployment:
    made = replace(deployment(event_bus_name="bus", may_be_fired_at=told.pop("may", "")), **told)
    made.__dict__["events"] = bus
    return made


@pytest.mark.parametrize("told", [{"may": "true"}, {"is_local": True}], ids=str)
def test_events_are_fired_where_nobody_else_listens(told: dict[str, Any]) -> None:
    bus = PutEvents()
    fire(fired_at(bus, **told), "order_placed", "322", 2)
    assert len(bus.entries) == 2


@pytest.mark.parametrize("may", ["false", ""])
def test_a_real_bus_is_never_fired_at(may: str) -> None:
    bus = PutEvents()
    with pytest.raises(Problem, match="the sandbox's bus only: unset EVENT_BUS_ARN"):
        fire(fired_at(bus, may=may), "order_placed", None, 1)
    assert bus.entries == []


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: f"{family.contract} {family.name}")
def test_a_familys_name_stands_for_its_first_type(
    monkeypatch: pytest.MonkeyPatch, family: Any
) -> None:
    bus = PutEvents()
    made = fired_at(bus, is_local=True)
    with_output(made, api_version="" if family.contract == MOCK else family.contract)
    monkeypatch.setattr(events, "connect", lambda _local: made)
    result = CliRunner().invoke(app, ["fire", family.name])
    assert result.exit_code == 0, result.output
    assert next(iter(family.types.values())) in str(bus.entries)
