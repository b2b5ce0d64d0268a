"""What is deployed on a local cloud: what is set, and else what fits the mock there."""

import os
from dataclasses import replace

from accelerator.deployment import PROJECT
from accelerator.problem import Problem
from stacks.parsers import SettingError
from stacks.settings import Settings

# What the mock takes, as everybody may know.
MOCK_CREDENTIALS = {"CLIENT_ID": "mock-client", "CLIENT_SECRET": "mock-secret"}


def load_settings(mock_port: int | None) -> tuple[Settings, str]:
    """The settings of the deployment, by default for the mock API on a port, and its region."""
    # Whoever tries a failure locally wants to see it in the failure queue, not in 21 minutes.
    local = {"REDRIVE_DELAYS": "off"}
    if mock_port is not None:
        local["MOCK_BWP_API"] = mock_url(mock_port, "graphql")
    try:
        settings = Settings.load(PROJECT / ".env", os.environ, defaults=local)
    except SettingError as error:
        raise Problem(f"{error} (see .env.example)") from None
    if mock_port is not None and settings.api_url == local["MOCK_BWP_API"]:
        settings = asking_the_mock(settings, mock_port)
    bus_region = settings.event_bus_arn and settings.event_bus_arn.split(":")[3]
    return settings, settings.region or bus_region or "us-east-1"


def asking_the_mock(settings: Settings, mock_port: int) -> Settings:
    """Settings for the mock on a port: its data is nobody's, and published it wants a grant."""
    if settings.log_execution_data is None:
        settings = replace(settings, log_execution_data=True)
    if settings.api_version and not settings.has_secret:
        settings = replace(settings, token_url=mock_url(mock_port, "token"))
    return settings


def mock_url(port: int, path: str) -> str:
    """An address of the mock Buy with Prime on this machine."""
    return f"http://127.0.0.1:{port}/{path}"
