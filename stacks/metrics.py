"""What is measured of a deployment, for alarms and dashboard."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from domain import telemetry
from domain.event_types import families
from domain.names import EVENT_BUS, rule
from stacks.settings import Settings

PERIOD = Duration.minutes(5)
DEPTH = "approximate_number_of_messages_visible"


def of_queue(
    queue: sqs.Queue, name: str, statistic: str = "Maximum", period: Duration = PERIOD
) -> cloudwatch.Metric:
    """A metric of a queue."""
    made: cloudwatch.Metric = getattr(queue, f"metric_{name}")(period=period, statistic=statistic)
    return made


def own(name: str, statistic: str = "Sum", **dimensions: str) -> cloudwatch.Metric:
    """A metric that the functions write through Powertools, or a metric filter."""
    told = "" if statistic == "Sum" else statistic
    label = " ".join([name, told, *list(dimensions.values())[1:]])
    return cloudwatch.Metric(
        namespace=telemetry.NAMESPACE,
        metric_name=name,
        dimensions_map=dimensions or None,
        statistic=statistic,
        period=PERIOD,
        label=" ".join(label.split()),
    )


def starts_throttled() -> cloudwatch.Metric:
    """Refused calls of StartExecution, which a state machine's own ExecutionThrottled leaves out.

    Source: "API usage metrics" in the Step Functions developer guide.
    """
    return cloudwatch.Metric(
        namespace="AWS/States",
        metric_name="ThrottledEvents",
        dimensions_map={"APIName": "StartExecution"},
        statistic="Sum",
        period=PERIOD,
    )


def not_dead_lettered(settings: Settings) -> cloudwatch.MathExpression:
    """Events of all rules that EventBridge could neither deliver nor put into their queue.

    Source: "Monitoring Amazon EventBridge": a rule of the default bus is told by its name alone.
    """
    bus = settings.bus_name or EVENT_BUS
    on_bus = {} if bus == "default" else {"EventBusName": bus}
    return cloudwatch.MathExpression(
        expression="SUM(METRICS())",
        period=PERIOD,
        label="neither started nor dead-lettered",
        using_metrics={
            family.name: cloudwatch.Metric(
                namespace="AWS/Events",
                metric_name="InvocationsFailedToBeSentToDlq",
                dimensions_map={"RuleName": rule(family.name), **on_bus},
                statistic="Sum",
            )
            for family in families(settings.contract)
        },
    )
