"""The state machine that hydrates events."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from domain import executions, telemetry
from domain.keys import RESPONSES, UNSENT
from domain.names import STATE_MACHINE, execution_log_group
from stacks.acknowledgments import acknowledge, acknowledge_prefixes
from stacks.definition import DEFINITION
from stacks.functions import HydrationFunctions, event_log_group
from stacks.settings import Settings
from stacks.storage import WRITING, Storage

STORED = (*RESPONSES, UNSENT)
# Patterns of records. The error is in them with and without execution data, and at each level of
# logs but OFF.
IGNORED = f'{{ $.type = "SucceedStateEntered" && $.details.name = "{executions.IGNORING}" }}'
UNSENT_EVENT = f'{{ $.type = "ExecutionFailed" && $.details.error = "{executions.UNSENT}" }}'
CAUGHT = (executions.FAILED, executions.POSTPONED, executions.UNSENT)
OTHER = " && ".join(f'$.details.error != "{error}"' for error in CAUGHT)
UNCAUGHT = f'{{ $.type = "ExecutionFailed" && (({OTHER}) || $.details.error NOT EXISTS) }}'


class Hydration(Construct):
    """The Express state machine, its log group and the metric of ignored events."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: Settings,
        storage: Storage,
        functions: HydrationFunctions,
    ) -> None:
        super().__init__(scope, id)
        name = execution_log_group(Stack.of(self).stack_name)
        self.log_group = event_log_group(self, "Logs", settings, name)
        self.state_machine = self._build_state_machine(settings, storage, functions)
        self._acknowledge_fewer_logs(settings)
        self._grant(settings, storage, functions)
        self._count("IgnoredEvents", telemetry.EVENT_IGNORED, IGNORED)
        self._count("UnsentEvents", telemetry.EVENT_UNSENT, UNSENT_EVENT)
        self._count("UncaughtErrors", telemetry.UNCAUGHT_ERROR, UNCAUGHT)

    def _build_state_machine(
        self, settings: Settings, storage: Storage, functions: HydrationFunctions
    ) -> sfn.StateMachine:
        return sfn.StateMachine(
            self,
            STATE_MACHINE,
            # Each of the records of an execution's log holds the name.
            state_machine_name=STATE_MACHINE,
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_string(definition()),
            definition_substitutions={
                "Partition": Aws.PARTITION,
                "ExtractIdFunctionArn": functions.extract_id.function_arn,
                "QueryApiFunctionArn": functions.query_api.function_arn,
                "ClassifyErrorFunctionArn": functions.classify_error.function_arn,
                "ResponseBucketName": storage.bucket.bucket_name,
                "FailureQueueUrl": storage.failure_queue.queue_url,
                "RedriveQueueUrl": storage.redrive_queue.queue_url,
            },
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self.log_group,
                level=sfn.LogLevel[settings.execution_logs],
                include_execution_data=settings.logs_data,
            ),
        )

    def _acknowledge_fewer_logs(self, settings: Settings) -> None:
        if settings.execution_logs != "ALL":
            acknowledge(
                self.state_machine,
                "EXECUTION_LOGS asks for fewer logs: they cost more than the executions do.",
                "AwsSolutions-SF1",
            )

    def _grant(self, settings: Settings, storage: Storage, functions: HydrationFunctions) -> None:
        for statement in (
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[
                    function.function_arn
                    for function in (
                        functions.extract_id,
                        functions.query_api,
                        functions.classify_error,
                    )
                ],
            ),
            iam.PolicyStatement(
                actions=["s3:PutObject"],
                resources=[storage.bucket.arn_for_objects(f"{prefix}*") for prefix in STORED],
            ),
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                resources=[storage.failure_queue.queue_arn, storage.redrive_queue.queue_arn],
            ),
            *(
                iam.PolicyStatement(actions=[action], resources=[key])
                for action in WRITING
                if (key := settings.key_arn)
            ),
        ):
            self.state_machine.add_to_role_policy(statement)
        acknowledge(
            self.state_machine.role,
            "X-Ray and the delivery of vended logs know no resources.",
            "AwsSolutions-IAM5[Resource::*]",
        )

        acknowledge_prefixes(self.state_machine, storage.bucket, *STORED)

    def _count(self, id: str, metric: str, pattern: str) -> None:
        logs.MetricFilter(
            self,
            id,
            log_group=self.log_group,
            metric_namespace=telemetry.NAMESPACE,
            metric_name=metric,
            metric_value="1",
            unit=cloudwatch.Unit.COUNT,
            filter_pattern=logs.FilterPattern.literal(pattern),
        )


def definition() -> str:
    """The definition, with the integrations of the stack's own partition for the file's `aws`."""
    text = DEFINITION.read_text(encoding="utf-8")
    return text.replace('"arn:aws:states:::', '"arn:${Partition}:states:::')
