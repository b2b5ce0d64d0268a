"""The automatic second chance of events that failed transiently."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from stacks.acknowledgments import acknowledge
from stacks.functions import Function
from stacks.settings import Settings
from stacks.storage import REDRIVE_TIMEOUT_SECONDS, Storage


class Redrive(Construct):
    """The function that puts the events of the redrive queue back on their bus."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: Settings,
        storage: Storage,
        event_bus: events.IEventBus,
    ) -> None:
        super().__init__(scope, id)
        self.function = Function(
            self,
            "Redrive",
            "redrive",
            settings,
            {"EVENT_BUS_NAME": event_bus.event_bus_arn},
            timeout=Duration.seconds(REDRIVE_TIMEOUT_SECONDS),
        )
        self._grant(storage, event_bus)
        self.function.add_event_source(
            sources.SqsEventSource(storage.redrive_queue, report_batch_item_failures=True)
        )
        acknowledge(
            self.function,
            "What fails three times goes to the failure queue, the redrive queue's own target.",
            "Serverless-LambdaEventSourceMappingDestination",
        )

    def _grant(self, storage: Storage, event_bus: events.IEventBus) -> None:
        self.function.allow("events:PutEvents", event_bus.event_bus_arn)
        self.function.allow_objects("s3:GetObject", storage.bucket, "failures/events/*")
