"""The CDK application."""

import sys
from pathlib import Path

from aws_cdk import App

from stacks.deployment import add_stacks
from stacks.documents import DocumentError, check
from stacks.parsers import SettingError
from stacks.settings import Settings

try:
    settings = Settings.load(Path(__file__).with_name(".env"))
    check(settings.mocked)
except SettingError as error:
    sys.exit(f"{error} (see .env.example)")
except DocumentError as error:
    sys.exit(str(error))

app = App()
add_stacks(app, settings)
app.synth()
