"""The stack that hydrates events."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from domain.outputs import Outputs
from stacks.functions import HydrationFunctions
from stacks.hydration import Hydration
from stacks.ingestion import Ingestion
from stacks.redrive import Redrive
from stacks.settings import Settings
from stacks.storage import Storage


class EventAcceleratorStack(Stack):
    """From the rules on the bus to the objects in the bucket and the messages in the queue."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: Settings,
        api_url: str,
        token: secretsmanager.ISecret | None = None,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        self.storage = Storage(self, "Storage", settings)
        self.functions = HydrationFunctions(
            self, "Functions", settings, self.storage.bucket, api_url, token
        )
        self.hydration = Hydration(self, "Hydration", settings, self.storage, self.functions)
        self.ingestion = Ingestion(self, "Ingestion", settings, self.hydration.state_machine)
        self.redrive = Redrive(
            self, "Redrive", settings, self.storage, self.hydration.state_machine
        )
        for name, value in self._outputs(settings).told().items():
            CfnOutput(self, name, value=value)

    def _outputs(self, settings: Settings) -> Outputs:
        secret = self.functions.credentials
        return Outputs(
            event_bus_name=self.ingestion.event_bus.event_bus_name,
            response_bucket_name=self.storage.bucket.bucket_name,
            failure_queue_url=self.storage.failure_queue.queue_url,
            dead_letter_queue_url=self.ingestion.dead_letter_queue.queue_url,
            state_machine_arn=self.hydration.state_machine.state_machine_arn,
            redrive_queue_url=self.storage.redrive_queue.queue_url,
            may_be_fired_at="false" if settings.event_bus_arn else "true",
            api_version=settings.api_version or "",
            credentials_secret_arn=secret.secret_arn if secret else "",
        )
