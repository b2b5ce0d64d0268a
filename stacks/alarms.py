"""What calls an operator, wherever an event ends that is not hydrated."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from domain import telemetry
from domain.errors import ApiThrottled, ApiUnauthorized
from domain.keys import UNSENT
from stacks.acknowledgments import acknowledge
from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.metrics import DEPTH, PERIOD, not_dead_lettered, of_queue, own, starts_throttled
from stacks.settings import Settings

HOURS_A_WEEK = 7 * 24
UNAUTHORIZED, THROTTLED = ApiUnauthorized.__name__, ApiThrottled.__name__
# The longest delay of a message, and as long again for what it fails at.
STUCK = Duration.minutes(30)
# Many at once are an outage; each of them has an end that has its own alarm.
OUTAGE = 10


class Alarms:
    """The alarms of a deployment and their topic. Each alarm's description says what to do."""

    def __init__(
        self, stack: Stack, settings: Settings, accelerator: EventAcceleratorStack
    ) -> None:
        self._stack = stack
        self._settings = settings
        self._accelerator = accelerator
        self._topic = self._build_topic()
        self._watch_queues()
        self._watch_starts()
        self._watch_executions()
        self._watch_functions()

    def _build_topic(self) -> sns.Topic:
        topic = sns.Topic(self._stack, "Alarms", enforce_ssl=True)
        # A policy of its own, such as that on SSL, takes the place of the one that lets alarms in.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self._stack.account}},
            )
        )
        if self._settings.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._settings.alarm_email))
        acknowledge(
            topic,
            "Alarms tell of numbers only, and CloudWatch cannot publish under SNS's own key.",
            "AwsSolutions-SNS2",
            "Serverless-SNSRedrivePolicy",
        )
        return topic

    def _watch_queues(self) -> None:
        storage = self._accelerator.storage
        self._alarm(
            "FailureQueueNotEmpty",
            of_queue(storage.failure_queue, DEPTH),
            "Events failed for good. 'accelerator failures list' tells which and why; once the "
            "cause is gone, 'accelerator failures redrive' sends them again.",
        )
        self._alarm(
            "RedriveQueueStuck",
            of_queue(storage.redrive_queue, "approximate_age_of_oldest_message"),
            "Events that wait for their automatic redrive are not taken. See the errors and the "
            "event source mapping of the function Redrive; the events go on once it runs.",
            threshold=STUCK.to_seconds(),
        )
        # SQS's own age of the oldest message leaves out what was received three times, and every
        # look is a receive; one that meets the metric's moment also hides messages from this.
        self._alarm(
            "FailuresForAWeek",
            of_queue(storage.failure_queue, DEPTH, "Minimum", Duration.hours(1)),
            "The failure queue has not been empty for a week; failures are deleted at 14 days. "
            "'accelerator failures list --by hour' tells how old they are: redrive, export "
            "('accelerator failures export FILE') or purge them.",
            evaluation_periods=HOURS_A_WEEK,
            datapoints_to_alarm=HOURS_A_WEEK - 8,
        )

    def _watch_starts(self) -> None:
        self._alarm(
            "DeadLetterQueueNotEmpty",
            of_queue(self._accelerator.ingestion.dead_letter_queue, DEPTH),
            "EventBridge could not start executions. 'accelerator failures list' tells why; mend "
            "the role or the state machine, then 'accelerator failures redrive'.",
        )
        self._alarm(
            "EventsNotDeadLettered",
            not_dead_lettered(self._settings),
            "EventBridge could neither start executions nor keep the events in the dead-letter "
            "queue: they are gone unless they are archived. Mend the queue and its policy "
            "('cdk deploy --all'), then 'accelerator replay' or ask the sender for them.",
        )
        self._alarm(
            "StartsThrottled",
            starts_throttled(),
            "Step Functions refuses starts in this region of the account. EventBridge retries for "
            "24 hours; ask for a higher quota of StartExecution where this lasts.",
        )

    def _watch_executions(self) -> None:
        machine = self._accelerator.hydration.state_machine
        self._alarm(
            "EventsUnsent",
            own(telemetry.EVENT_UNSENT),
            f"The failure queue did not take events, which are under {UNSENT} in the bucket. "
            "'accelerator failures list' tells them and 'accelerator failures redrive' sends them "
            "again; the log of ClassifyError or the queue's policy tells why.",
        )
        self._alarm(
            "UncaughtErrors",
            own(telemetry.UNCAUGHT_ERROR),
            "Executions ended where nothing catches: neither the queue nor the bucket took the "
            "event, or a state could not be run at all. 'accelerator watch --status failed --since "
            "1h' tells which; once the cause is gone, 'accelerator redrive-event EVENT_ID' sends "
            "each again.",
        )
        self._alarm(
            "ExecutionsTimedOut",
            machine.metric_timed_out(period=PERIOD, statistic="Sum"),
            "An execution was ended at five minutes, which no path should reach: its event is in "
            "the log group of the state machine only. 'accelerator watch --status failed --since "
            "1h' tells which, 'accelerator redrive-event EVENT_ID' sends it again.",
        )
        told_one_by_one = self._settings.execution_logs != "OFF"
        self._alarm(
            "ExecutionsFailed",
            machine.metric_failed(period=PERIOD, statistic="Sum"),
            "Executions failed: their events are in the failure or redrive queue. Many at once "
            "mean an outage of the API: wait for automatic redrives, then see the failure queue.",
            threshold=OUTAGE if told_one_by_one else 1,
        )

    def _watch_functions(self) -> None:
        classify_error = self._accelerator.functions.classify_error
        redrive = self._accelerator.redrive.function
        self._watch_function(
            classify_error,
            "ClassifyError",
            f"A failure was not classified. It is retried, and then kept under {UNSENT} in "
            "the bucket: 'accelerator failures list' tells it and 'accelerator failures redrive' "
            "sends it again.",
        )
        self._watch_function(
            redrive,
            "Redrive",
            "Automatic redrives fail. They are tried five times, and then are in the failure "
            "queue: 'accelerator failures list' tells them, the function's log says why.",
        )
        self._alarm(
            "QueryApiErrors",
            errors(self._accelerator.functions.query_api),
            f"Queries fail. The saved query 'failures by code' tells how: {UNAUTHORIZED} needs "
            f"'accelerator credentials push', {THROTTLED} a lower QUERY_API_CONCURRENCY.",
            threshold=20,
        )

    def _watch_function(self, function: lambda_.Function, name: str, what_to_do: str) -> None:
        self._alarm(f"{name}Errors", errors(function), what_to_do)
        self._alarm(
            f"{name}Throttles",
            function.metric_throttles(period=PERIOD, statistic="Sum"),
            f"{what_to_do} Lambda had no concurrency left in this region of the account: "
            "'accelerator doctor' tells the limit, Service Quotas raises it.",
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
            self._stack,
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


def errors(function: lambda_.Function) -> cloudwatch.Metric:
    """How often a function failed."""
    return function.metric_errors(period=PERIOD, statistic="Sum")
