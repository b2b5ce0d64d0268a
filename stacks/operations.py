"""Watching a deployment: dashboard, alarms, saved queries, and the archive of events."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_logs as logs
from constructs import Construct

from domain import telemetry
from domain.event_types import families
from domain.names import EVENT_BUS, archive, saved_query
from stacks.alarms import Alarms
from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.ingestion import pattern
from stacks.metrics import DEPTH, PERIOD, of_queue, own, starts_throttled
from stacks.settings import Settings


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
        Alarms(self, settings, accelerator)
        self._build_dashboard()
        self._build_queries()
        if settings.archive_days:
            self._build_archive(settings, settings.archive_days)

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
                        own(telemetry.EVENT_UNSENT),
                        own(telemetry.UNCAUGHT_ERROR),
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
                        of_queue(queue, DEPTH),
                        of_queue(queue, "approximate_age_of_oldest_message"),
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


def graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    """A graph over half the dashboard's width."""
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)
