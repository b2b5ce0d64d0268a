"""The CDK application."""

import sys
from pathlib import Path

from aws_cdk import App

from stacks import definition, documents, event_types
from stacks.deployment import add_stacks
from stacks.parsers import SettingError
from stacks.settings import Settings

try:
    settings = Settings.load(Path(__file__).with_name(".env"))
    definition.check()
    event_types.check()
    documents.check(settings.mocked)
except SettingError as error:
    sys.exit(f"{error} (see .env.example)")
except (definition.DefinitionError, event_types.RowError, documents.DocumentError) as error:
    sys.exit(str(error))

app = App()
add_stacks(app, settings)
app.synth()
