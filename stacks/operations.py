"""Watching a deployment: dashboard, alarms, saved queries, and the archive of events."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from domain import telemetry
from domain.errors import ApiThrottled, ApiUnauthorized
from domain.event_types import families
from domain.keys import UNSENT
from domain.names import EVENT_BUS, archive, saved_query
from stacks.acknowledgments import acknowledge
from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.ingestion import pattern
from stacks.settings import Settings

PERIOD = Duration.minutes(5)
HOURS_A_WEEK = 7 * 24
UNAUTHORIZED, THROTTLED = ApiUnauthorized.__name__, ApiThrottled.__name__


class OperationsStack(Stack):
    """What an operator looks at, and what calls one."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: Settings,
        accelerator: EventAcceleratorStack,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        self._accelerator = accelerator
        self._families = families(settings.contract)
        self._event_types = [t for each in self._families for t in each.types.values()]
        self._machine = accelerator.hydration.state_machine
        self._topic = self._build_topic(settings)
        self._build_alarms()
        self._build_dashboard()
        self._build_queries()
        if settings.archive_days:
            self._build_archive(settings, settings.archive_days)

    def _build_topic(self, settings: Settings) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        # A policy of its own, such as that on SSL, takes the place of the one that lets alarms in.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        if settings.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))
        acknowledge(
            topic,
            "Alarms tell of numbers only, and CloudWatch cannot publish under SNS's own key.",
            "AwsSolutions-SNS2",
            "Serverless-SNSRedrivePolicy",
        )
        return topic

    def _build_alarms(self) -> None:
        queue = self._accelerator.storage.failure_queue
        dead_letters = self._accelerator.ingestion.dead_letter_queue
        query_api = self._accelerator.functions.query_api
        depth = "approximate_number_of_messages_visible"
        self._alarm(
            "FailureQueueNotEmpty",
            metric(queue, depth),
            "Events failed for good. 'accelerator failures list' tells which and why; once the "
            "cause is gone, 'accelerator failures redrive' sends them again.",
        )
        self._alarm(
            "DeadLetterQueueNotEmpty",
            metric(dead_letters, depth),
            "EventBridge could not start executions. 'accelerator failures list' tells why; mend "
            "the role or the state machine, then 'accelerator failures redrive'.",
        )
        self._alarm(
            "ExecutionsFailed",
            self._machine.metric_failed(period=PERIOD, statistic="Sum"),
            "Executions failed: their events are in the failure or redrive queue. Many at once "
            "mean an outage of the API: wait for automatic redrives, then see the failure queue.",
            threshold=10,
        )
        self._alarm(
            "ExecutionsTimedOut",
            self._machine.metric_timed_out(period=PERIOD, statistic="Sum"),
            "An execution was ended at five minutes, which no path should reach: its event is in "
            "the log group of the state machine only. Find it there and send it again by hand.",
        )
        self._alarm(
            "StartsThrottled",
            starts_throttled(),
            "Step Functions refuses starts in this region of the account. EventBridge retries for "
            "24 hours; ask for a higher quota of StartExecution where this lasts.",
        )
        self._alarm(
            "ClassifyErrorErrors",
            self._accelerator.functions.classify_error.metric_errors(
                period=PERIOD, statistic="Sum"
            ),
            f"A failure was not classified. It is retried, and then kept under {UNSENT} in "
            "the bucket: 'accelerator failures list' tells it and 'accelerator failures redrive' "
            "sends it again.",
        )
        self._alarm(
            "QueryApiErrors",
            query_api.metric_errors(period=PERIOD, statistic="Sum"),
            f"Queries fail. The saved query 'failures by code' tells how: {UNAUTHORIZED} needs "
            f"'accelerator credentials push', {THROTTLED} a lower QUERY_API_CONCURRENCY.",
            threshold=20,
        )
        # SQS's own age of the oldest message leaves out what was received three times, and every
        # look is a receive; one that meets the metric's moment also hides messages from this.
        self._alarm(
            "FailuresForAWeek",
            metric(queue, depth, "Minimum", Duration.hours(1)),
            "The failure queue has not been empty for a week; failures are deleted at 14 days. "
            "'accelerator failures list --by hour' tells how old they are: redrive, export "
            "('accelerator failures export FILE') or purge them.",
            evaluation_periods=HOURS_A_WEEK,
            datapoints_to_alarm=HOURS_A_WEEK - 8,
        )

    def _alarm(
        self,
        id: str,
        measured: cloudwatch.IMetric,
        what_to_do: str,
        threshold: float = 1,
        evaluation_periods: int = 1,
        datapoints_to_alarm: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=measured,
            threshold=threshold,
            evaluation_periods=evaluation_periods,
            datapoints_to_alarm=datapoints_to_alarm,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=what_to_do,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
        alarm.add_ok_action(actions.SnsAction(self._topic))

    def _build_dashboard(self) -> None:
        queue = self._accelerator.storage.failure_queue
        query_api = self._accelerator.functions.query_api
        latency = [
            own(telemetry.API_LATENCY, statistic, service="QueryApi")
            for statistic in ("p50", "p95", "p99")
        ]
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.hours(3),
            widgets=[
                [
                    graph(
                        "Events by type",
                        *(
                            own(telemetry.EVENT_RECEIVED, service="ExtractId", eventType=event_type)
                            for event_type in (*self._event_types, telemetry.INVALID)
                        ),
                        own(telemetry.EVENT_IGNORED),
                    ),
                    graph(
                        "Stored and failed",
                        self._machine.metric_succeeded(period=PERIOD, label="stored or ignored"),
                        *(
                            own(telemetry.EVENT_FAILED, service="ClassifyError", category=category)
                            for category in ("transient", "permanent")
                        ),
                        own(telemetry.EVENT_REDRIVEN, service="Redrive"),
                    ),
                ],
                [
                    graph("API latency (ms)", *latency),
                    graph(
                        "Attempts, errors and throttles of QueryApi",
                        query_api.metric_invocations(period=PERIOD),
                        query_api.metric_errors(period=PERIOD),
                        query_api.metric_throttles(period=PERIOD),
                    ),
                ],
                [
                    graph(
                        "Failure queue: depth and oldest (s)",
                        metric(queue, "approximate_number_of_messages_visible"),
                        metric(queue, "approximate_age_of_oldest_message"),
                    ),
                    graph(
                        "Executions",
                        self._machine.metric_started(period=PERIOD),
                        self._machine.metric_failed(period=PERIOD),
                        self._machine.metric_timed_out(period=PERIOD),
                        starts_throttled(),
                    ),
                ],
            ],
        )

    def _build_queries(self) -> None:
        functions = self._accelerator.functions
        every = [
            functions.query_api.log_group,
            functions.classify_error.log_group,
            self._accelerator.redrive.function.log_group,
        ]
        self._query(
            "failures by code",
            [functions.classify_error.log_group],
            filters=[f"message = '{telemetry.FAILED}'"],
            stats=["count(*) as events by error_code, failed_state, category"],
        )
        self._query(
            "slowest API calls",
            [functions.query_api.log_group],
            filters=[f"message = '{telemetry.RESPONSE_RECEIVED}'"],
            fields=["@timestamp", "latency_ms", "event_type", "entity_id", "bytes"],
            sort="latency_ms desc",
        )
        self._query(
            "one event's whole way",
            every,
            filters=["event_id = 'put the event id here'"],
            fields=["@timestamp", "service", "message", "error_code", "reason", "execution_arn"],
            sort="@timestamp asc",
        )

    def _query(
        self,
        name: str,
        log_groups: list[logs.ILogGroup],
        *,
        filters: list[str],
        fields: list[str] | None = None,
        stats: list[str] | None = None,
        sort: str | None = None,
    ) -> None:
        logs.QueryDefinition(
            self,
            name.title().replace(" ", "").replace("'", ""),
            query_definition_name=saved_query(name),
            query_string=logs.QueryString(
                fields=fields, filter_statements=filters, stats_statements=stats, sort=sort
            ),
            log_groups=log_groups,
        )

    def _build_archive(self, settings: Settings, days: int) -> None:
        """Keep the events that the rules match, for `accelerator replay`.

        The bus is told by its name: what it exports could not be taken back, once it is imported.
        """
        own = self.format_arn(service="events", resource="event-bus", resource_name=EVENT_BUS)
        bus = events.EventBus.from_event_bus_arn(self, "EventBus", settings.event_bus_arn or own)
        for family in self._families:
            events.Archive(
                self,
                f"{family.name.title()}Archive",
                source_event_bus=bus,
                event_pattern=pattern(family, settings.event_source),
                retention=Duration.days(days),
                archive_name=archive(family.name, settings.bus_name or EVENT_BUS),
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


def metric(
    queue: sqs.Queue, name: str, statistic: str = "Maximum", period: Duration = PERIOD
) -> cloudwatch.Metric:
    """A metric of a queue."""
    made: cloudwatch.Metric = getattr(queue, f"metric_{name}")(period=period, statistic=statistic)
    return made


def own(name: str, statistic: str = "Sum", **dimensions: str) -> cloudwatch.Metric:
    """A metric that the functions write through Powertools."""
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


def graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    """A graph over half the dashboard's width."""
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)
