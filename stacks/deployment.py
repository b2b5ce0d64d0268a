"""The stacks of a deployment, and what each is given of the others."""

from aws_cdk import App, Environment, Tags

from domain.names import EVENT_BUS, OPERATIONS_STACK, SANDBOX_STACK, STACK
from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.operations import OperationsStack
from stacks.sandbox import BuyWithPrimeSandboxStack
from stacks.settings import Settings


def add_stacks(app: App, settings: Settings) -> None:
    """Add the stacks that these settings ask for."""
    environment = Environment(region=settings.region)
    api_url, token = settings.api_url or "", None
    if settings.needs_sandbox:
        sandbox = BuyWithPrimeSandboxStack(app, SANDBOX_STACK, settings, EVENT_BUS, env=environment)
        if not api_url:
            api_url, token = sandbox.api_url, sandbox.token
    accelerator = EventAcceleratorStack(app, STACK, settings, api_url, token, env=environment)
    OperationsStack(app, OPERATIONS_STACK, settings, accelerator, env=environment)
    for key, value in settings.tags:
        Tags.of(app).add(key, value)
