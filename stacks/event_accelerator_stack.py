"""The stack that hydrates events."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from stacks.functions import HydrationFunctions
from stacks.hydration import Hydration
from stacks.ingestion import Ingestion
from stacks.redrive import Redrive
from stacks.settings import Settings
from stacks.storage import Storage


class EventAcceleratorStack(Stack):
    """From the rules on the bus to the objects in the bucket and the messages in the queue."""

    def __init__(self, scope: Construct, id: str, settings: Settings, **stack: Any) -> None:
        super().__init__(scope, id, **stack)
        storage = Storage(self, "Storage", settings)
        functions = HydrationFunctions(self, "Functions", settings, storage.bucket)
        hydration = Hydration(self, "Hydration", settings, storage, functions)
        ingestion = Ingestion(self, "Ingestion", settings, hydration.state_machine)
        Redrive(self, "Redrive", storage, ingestion.event_bus)
        for name, value in {
            "EventBusName": ingestion.event_bus.event_bus_name,
            "ResponseBucketName": storage.bucket.bucket_name,
            "FailureQueueUrl": storage.failure_queue.queue_url,
            "DeadLetterQueueUrl": ingestion.dead_letter_queue.queue_url,
            "StateMachineArn": hydration.state_machine.state_machine_arn,
        }.items():
            CfnOutput(self, name, value=value)
