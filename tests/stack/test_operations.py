"""Operations: alarms that say what to do, a dashboard, saved queries, an optional archive."""

import json
import re
from pathlib import Path

from domain import telemetry
from domain.event_types import families
from domain.names import archive as archive_name
from tests.stack.synth import DEFAULT, EXISTING, OPERATIONS, resources
from tests.stack.test_stack import short

PROJECT = Path(__file__).parents[2]


def test_throttled_starts_are_told_by_the_metric_that_counts_them() -> None:
    alarms = resources(DEFAULT, "AWS::CloudWatch::Alarm", OPERATIONS)
    (alarm,) = [alarm for name, alarm in alarms.items() if name.startswith("StartsThrottled")]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", "ThrottledEvents")
    assert alarm["Dimensions"] == [{"Name": "APIName", "Value": "StartExecution"}]


def test_a_failure_that_waits_for_a_week_is_told_however_often_it_was_looked_at() -> None:
    alarms = resources(DEFAULT, "AWS::CloudWatch::Alarm", OPERATIONS)
    (alarm,) = [alarm for name, alarm in alarms.items() if name.startswith("FailuresForAWeek")]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == (
        *("ApproximateNumberOfMessagesVisible", "Minimum"),
        3600,
    )
    assert alarm["EvaluationPeriods"] * alarm["Period"] == 7 * 24 * 3600
    assert alarm["DatapointsToAlarm"] == 160


def test_alarms_of_this_account_and_nobody_else_may_publish_to_the_topic() -> None:
    (policy,) = resources(DEFAULT, "AWS::SNS::TopicPolicy", OPERATIONS).values()
    allowed = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    denied = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
    (statement,) = allowed
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert short(statement["Condition"]) == {
        "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"}
    }
    # What is denied is denied without TLS only, which CloudWatch uses.
    assert [s["Condition"] for s in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_the_email_is_subscribed_where_it_is_configured() -> None:
    assert not resources(DEFAULT, "AWS::SNS::Subscription", OPERATIONS)
    (subscription,) = resources(EXISTING, "AWS::SNS::Subscription", OPERATIONS).values()
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")


def test_events_are_archived_where_days_are_configured() -> None:
    assert not resources(DEFAULT, "AWS::Events::Archive", OPERATIONS)
    archives = resources(EXISTING, "AWS::Events::Archive", OPERATIONS).values()
    assert {archive["RetentionDays"] for archive in archives} == {7}
    named = {archive["ArchiveName"] for archive in archives}
    assert named == {archive_name(family.name, "shop") for family in families()}
    rules = resources(EXISTING, "AWS::Events::Rule").values()
    patterns = [json.dumps(rule["EventPattern"], sort_keys=True) for rule in rules]
    assert all("source" in pattern for pattern in patterns)
    for archive in archives:
        assert json.dumps(archive["EventPattern"], sort_keys=True) in patterns


def test_what_is_graphed_and_asked_for_is_what_the_functions_write() -> None:
    handlers = "".join(path.read_text() for path in (PROJECT / "functions").rglob("handler.py"))
    names = set(re.findall(r"telemetry\.(\w+)", handlers))
    metrics = set(re.findall(r"add_metric\(\s*telemetry\.(\w+)", handlers))
    messages = {getattr(telemetry, name) for name in names - metrics}
    (dashboard,) = resources(DEFAULT, "AWS::CloudWatch::Dashboard", OPERATIONS).values()
    body = json.dumps(short(dashboard["DashboardBody"]))
    filters = resources(DEFAULT, "AWS::Logs::MetricFilter")
    own = set(re.findall(r'EventAccelerator\\+",\\+"(\w+)', body))
    filtered = {each["MetricTransformations"][0]["MetricName"] for each in filters.values()}
    assert own == {getattr(telemetry, n) for n in metrics} | filtered
    queries = resources(DEFAULT, "AWS::Logs::QueryDefinition", OPERATIONS).values()
    assert len(queries) == 3
    for query in queries:
        for message in re.findall(r"message = '([^']+)'", query["QueryString"]):
            assert message in messages
