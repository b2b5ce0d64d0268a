"""The CDK application."""

import sys
from pathlib import Path

from aws_cdk import App, Environment

from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.settings import SettingError, Settings

try:
    settings = Settings.load(Path(__file__).with_name(".env"))
except SettingError as error:
    sys.exit(f"{error} (see .env.example)")

app = App()
EventAcceleratorStack(
    app, "EventAcceleratorStack", settings, env=Environment(region=settings.region)
)
app.synth()
