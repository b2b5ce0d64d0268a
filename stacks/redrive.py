"""The automatic second chance of events that failed transiently."""

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from domain.keys import EVENTS
from stacks.acknowledgments import acknowledge
from stacks.functions import Function
from stacks.settings import Settings
from stacks.storage import READING, REDRIVE_TIMEOUT_SECONDS, Storage


class Redrive(Construct):
    """The function that starts executions with the events of the redrive queue."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: Settings,
        storage: Storage,
        state_machine: sfn.StateMachine,
    ) -> None:
        super().__init__(scope, id)
        self.function = Function(
            self,
            "Redrive",
            "redrive",
            settings,
            {
                "STATE_MACHINE_ARN": state_machine.state_machine_arn,
                "RESPONSE_BUCKET_NAME": storage.bucket.bucket_name,
            },
            timeout=Duration.seconds(REDRIVE_TIMEOUT_SECONDS),
        )
        self._grant(settings, storage, state_machine)
        self.function.add_event_source(
            sources.SqsEventSource(storage.redrive_queue, report_batch_item_failures=True)
        )
        acknowledge(
            self.function,
            "What fails five times goes to the failure queue, the redrive queue's own target.",
            "Serverless-LambdaEventSourceMappingDestination",
        )

    def _grant(self, settings: Settings, storage: Storage, state_machine: sfn.StateMachine) -> None:
        self.function.allow("states:StartExecution", state_machine.state_machine_arn)
        for action in ("s3:GetObject", "s3:DeleteObject"):
            self.function.allow_objects(action, storage.bucket, EVENTS)
        self.function.allow_key(settings, *READING)
