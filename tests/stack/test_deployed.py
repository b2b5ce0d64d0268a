"""What `accelerator cost` counts as deployed is what is deployed."""

import json

import pytest

from domain.family import MOCK
from tests.harness.deployed import FILE, REAL, as_deployed, counted


@pytest.mark.slow
def test_the_file_is_current() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == counted(), "run 'make docs'"


def test_it_counts_every_alarm_once() -> None:
    resources = as_deployed(REAL)["OperationsStack"]["Resources"].values()
    alarms = [each for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]
    computing = [each for each in alarms if "Metrics" in each["Properties"]]
    assert counted()[MOCK]["alarmMetrics"] >= len(alarms) > 0
    assert computing or counted()[MOCK]["alarmMetrics"] == len(alarms)
