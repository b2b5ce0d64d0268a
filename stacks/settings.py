"""What a user can configure, in `.env` or the environment; see `.env.example`."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from dotenv import dotenv_values

MAX_DELAY_SECONDS = 900
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingError(Exception):
    """A setting has a wrong value. The message is one line: variable, problem, right example."""


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment."""

    api_url: str
    region: str | None = None
    event_bus_arn: str | None = None
    bucket_arn: str | None = None
    event_source: str | None = None
    installation_id: str = "i34242"
    log_execution_data: bool = True
    redrive_delays: tuple[int, ...] = (60, 300, 900)
    query_api_concurrency: int | None = None

    @classmethod
    def load(
        cls,
        env_file: Path,
        environment: Mapping[str, str] = os.environ,
        defaults: Mapping[str, str] = MappingProxyType({}),
    ) -> "Settings":
        """Read `env_file` and the environment, which wins; `defaults` are for what neither sets.

        Raises:
            SettingError: a value is wrong.
        """
        values = {**dotenv_values(env_file), **environment}

        def get(name: str) -> str | None:
            return (values.get(name) or "").strip() or defaults.get(name)

        return cls(
            api_url=url("MOCK_BWP_API", get("MOCK_BWP_API")),
            region=get("AWS_REGION"),
            event_bus_arn=arn(
                "EVENT_BUS_ARN",
                get("EVENT_BUS_ARN"),
                r"arn:aws[\w-]*:events:[\w-]+:\d{12}:event-bus/[\w./-]+",
                "arn:aws:events:us-east-1:123456789012:event-bus/shop",
            ),
            bucket_arn=arn(
                "S3_BUCKET_ARN",
                get("S3_BUCKET_ARN"),
                r"arn:aws[\w-]*:s3:::[a-z0-9.-]{3,63}",
                "arn:aws:s3:::my-responses",
            ),
            event_source=get("EVENT_SOURCE"),
            installation_id=get("INSTALLATION_ID") or cls.installation_id,
            log_execution_data=flag(
                "LOG_EXECUTION_DATA", get("LOG_EXECUTION_DATA"), default=not get("CLIENT_ID")
            ),
            redrive_delays=delays("REDRIVE_DELAYS", get("REDRIVE_DELAYS"), cls.redrive_delays),
            query_api_concurrency=count("QUERY_API_CONCURRENCY", get("QUERY_API_CONCURRENCY")),
        )


def url(name: str, value: str | None) -> str:
    """An https URL, or an http one of this machine."""
    example = "such as https://api.example.com/graphql"
    if value is None:
        raise SettingError(f"{name} is not set: give the GraphQL endpoint to query, {example}")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError(f"{name}={value} is not a URL: give one {example}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingError(f"{name}={value} is not encrypted: give an https URL, {example}")
    return value


def arn(name: str, value: str | None, pattern: str, example: str) -> str | None:
    """An ARN of the form `pattern`, or None where there is none."""
    if value is not None and not re.fullmatch(pattern, value):
        raise SettingError(f"{name}={value} is not such an ARN: give one like {example}")
    return value


def delays(name: str, value: str | None, default: tuple[int, ...]) -> tuple[int, ...]:
    """Seconds before each automatic redrive, or `off`; SQS delays by 900 seconds at most."""
    if value is None or value.lower() == "off":
        return default if value is None else ()
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdecimal() and int(part) <= MAX_DELAY_SECONDS for part in parts):
        raise SettingError(
            f"{name}={value} is no list of seconds up to {MAX_DELAY_SECONDS}: "
            "give one such as 60,300,900, or off"
        )
    return tuple(int(part) for part in parts)


def count(name: str, value: str | None) -> int | None:
    """A whole number from 1, or None where there is none."""
    if value is None:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise SettingError(f"{name}={value} is no whole number from 1: give one such as 10")
    return int(value)


def flag(name: str, value: str | None, *, default: bool) -> bool:
    """`true` or `false`."""
    if value is None:
        return default
    if value.lower() not in ("true", "false"):
        raise SettingError(f"{name}={value} is neither: give true or false")
    return value.lower() == "true"
