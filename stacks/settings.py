"""What a user can configure, in `.env` or the environment; see `.env.example`."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MAX_DELAY_SECONDS = 900
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
EXECUTION_LOGS = ("ALL", "ERROR", "OFF")
# What CloudWatch Logs takes as a retention, up to two years (PutRetentionPolicy).
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
BUS_ARN = r"arn:aws[\w-]*:events:(?P<region>[\w-]+):\d{12}:event-bus/[\w./-]+"
BUCKET_ARN = r"arn:aws[\w-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
T = TypeVar("T")


class SettingError(Exception):
    """A setting has a wrong value. The message is one line: variable, problem, right example."""


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment. Holds no secret: those go to Secrets Manager only."""

    api_url: str | None = None
    region: str | None = None
    event_bus_arn: str | None = None
    bucket_arn: str | None = None
    event_source: str | None = None
    installation_id: str = "i34242"
    token_url: str | None = None
    has_credentials: bool = False
    log_execution_data: bool = True
    log_level: str = "INFO"
    execution_logs: str = "ALL"
    retention_days: int = 30
    redrive_delays: tuple[int, ...] = (60, 300, 900)
    query_api_concurrency: int | None = None
    alarm_email: str | None = None
    archive_days: int | None = None
    remove_data: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    # The SDKs' own variable for another endpoint than AWS: a local cloud.
    endpoint: str | None = None

    @property
    def needs_sandbox(self) -> bool:
        """Whether a Buy with Prime of one's own has to stand in for what is not configured."""
        return self.api_url is None or self.event_bus_arn is None

    @classmethod
    def load(
        cls,
        env_file: Path,
        environment: Mapping[str, str] = os.environ,
        defaults: Mapping[str, str] = MappingProxyType({}),
    ) -> "Settings":
        """Read `env_file` and the environment, which wins; `defaults` are for what neither sets.

        Raises:
            SettingError: a value is wrong, or a name looks like a misspelled one.
        """
        in_file = dotenv_values(env_file)
        refuse_misspelled(in_file, 0.7)
        refuse_misspelled(environment, 0.9)
        values = {**defaults, **in_file, **environment}

        def get(name: str, parse: Callable[[str, str], T], default: T) -> T:
            value = (values.get(name) or "").strip() or defaults.get(name)
            return parse(name, value) if value else default

        region = get("AWS_REGION", region_name, None)
        has_credentials = bool(get("CLIENT_ID", text, "") or get("API_TOKEN", text, ""))
        settings = cls(
            api_url=get("MOCK_BWP_API", url, None),
            region=region,
            event_bus_arn=get("EVENT_BUS_ARN", bus_arn, None),
            bucket_arn=get("S3_BUCKET_ARN", bucket_arn, None),
            event_source=get("EVENT_SOURCE", text, None),
            installation_id=get("INSTALLATION_ID", text, cls.installation_id),
            token_url=get("TOKEN_URL", url, None),
            has_credentials=has_credentials,
            log_execution_data=get("LOG_EXECUTION_DATA", flag, not has_credentials),
            log_level=get("LOG_LEVEL", log_level, cls.log_level),
            execution_logs=get("EXECUTION_LOGS", execution_logs, cls.execution_logs),
            retention_days=get("RETENTION_DAYS", retention_days, cls.retention_days),
            redrive_delays=get("REDRIVE_DELAYS", delays, cls.redrive_delays),
            query_api_concurrency=get("QUERY_API_CONCURRENCY", count, None),
            alarm_email=get("ALARM_EMAIL", email, None),
            archive_days=get("ARCHIVE_DAYS", count, None),
            remove_data=get("REMOVE_DATA", flag, False),
            tags=get("TAGS", tags, ()),
            endpoint=get("AWS_ENDPOINT_URL", text, None),
        )
        return settings.checked(values)

    def checked(self, values: Mapping[str, str | None]) -> "Settings":
        """These settings, where they fit together."""
        bus = self.event_bus_arn and re.fullmatch(BUS_ARN, self.event_bus_arn)
        # The CDK tells the region of the AWS configuration where AWS_REGION is not set.
        region = self.region or values.get("CDK_DEFAULT_REGION")
        if bus and region and bus["region"] != region:
            raise SettingError(
                f"EVENT_BUS_ARN={self.event_bus_arn} is in another region than the stack: give a "
                f"bus in {region}, such as arn:aws:events:{region}:123456789012:event-bus/shop"
            )
        if self.token_url and not (values.get("CLIENT_ID") and values.get("CLIENT_SECRET")):
            raise SettingError(
                "TOKEN_URL needs both CLIENT_ID and CLIENT_SECRET: give them, such as "
                "CLIENT_ID=my-shop and CLIENT_SECRET=the-secret"
            )
        return self


NAMES = (
    "MOCK_BWP_API",
    "AWS_REGION",
    "EVENT_BUS_ARN",
    "S3_BUCKET_ARN",
    "EVENT_SOURCE",
    "INSTALLATION_ID",
    "TOKEN_URL",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "API_TOKEN",
    "LOG_EXECUTION_DATA",
    "LOG_LEVEL",
    "EXECUTION_LOGS",
    "RETENTION_DAYS",
    "REDRIVE_DELAYS",
    "QUERY_API_CONCURRENCY",
    "ALARM_EMAIL",
    "ARCHIVE_DAYS",
    "REMOVE_DATA",
    "TAGS",
)


def refuse_misspelled(names: Mapping[str, object], likeness: float) -> None:
    """Refuse a name that is none of ours and looks much like one of them."""
    for name in names:
        near = get_close_matches(name.upper(), NAMES, 1, likeness)
        if name not in NAMES and near:
            raise SettingError(f"{name} is no setting: write {near[0]}, if that is what you mean")


def text(name: str, value: str) -> str:
    """Any text."""
    return value


def url(name: str, value: str) -> str:
    """An https URL, or an http one of this machine."""
    example = "such as https://api.example.com/graphql"
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError(f"{name}={value} is not a URL: give one {example}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingError(f"{name}={value} is not encrypted: give an https URL, {example}")
    return value


def region_name(name: str, value: str) -> str:
    """The name of an AWS region."""
    return matched(name, value, r"[a-z]{2}(-[a-z]+)+-\d", "a region", "us-east-1")


def bus_arn(name: str, value: str) -> str:
    """The ARN of an event bus."""
    example = "arn:aws:events:us-east-1:123456789012:event-bus/shop"
    return matched(name, value, BUS_ARN, "the ARN of an event bus", example)


def bucket_arn(name: str, value: str) -> str:
    """The ARN of a bucket."""
    return matched(name, value, BUCKET_ARN, "the ARN of a bucket", "arn:aws:s3:::my-responses")


def email(name: str, value: str) -> str:
    """An e-mail address."""
    return matched(name, value, r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address", "ops@example.com")


def matched(name: str, value: str, pattern: str, what: str, example: str) -> str:
    """A value that matches a pattern whole."""
    if not re.fullmatch(pattern, value):
        raise SettingError(f"{name}={value} is not {what}: give one such as {example}")
    return value


def delays(name: str, value: str) -> tuple[int, ...]:
    """Seconds before each automatic redrive, or `off`; SQS delays by 900 seconds at most."""
    if value.lower() == "off":
        return ()
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdecimal() and int(part) <= MAX_DELAY_SECONDS for part in parts):
        raise SettingError(
            f"{name}={value} is no list of seconds up to {MAX_DELAY_SECONDS}: "
            "give one such as 60,300,900, or off"
        )
    return tuple(int(part) for part in parts)


def count(name: str, value: str) -> int:
    """A whole number from 1."""
    if not value.isdecimal() or int(value) < 1:
        raise SettingError(f"{name}={value} is no whole number from 1: give one such as 10")
    return int(value)


def retention_days(name: str, value: str) -> int:
    """Days that CloudWatch Logs can keep a log."""
    if not value.isdecimal() or int(value) not in RETENTION_DAYS:
        allowed = ", ".join(map(str, RETENTION_DAYS))
        raise SettingError(f"{name}={value} is no retention that logs can have: give {allowed}")
    return int(value)


def log_level(name: str, value: str) -> str:
    """A level of Powertools' Logger."""
    return one_of(name, value, LOG_LEVELS)


def execution_logs(name: str, value: str) -> str:
    """A level of Step Functions' logs."""
    return one_of(name, value, EXECUTION_LOGS)


def one_of(name: str, value: str, levels: tuple[str, ...]) -> str:
    """One of these levels, in capitals."""
    if value.upper() not in levels:
        raise SettingError(f"{name}={value} is no level: give {', '.join(levels)}")
    return value.upper()


def flag(name: str, value: str) -> bool:
    """`true` or `false`."""
    if value.lower() not in ("true", "false"):
        raise SettingError(f"{name}={value} is neither: give true or false")
    return value.lower() == "true"


def tags(name: str, value: str) -> tuple[tuple[str, str], ...]:
    """Tags such as `team=orders,cost-centre=42`."""
    pairs = [part.strip().partition("=") for part in value.split(",")]
    if not all(key and equals and tag for key, equals, tag in pairs):
        raise SettingError(f"{name}={value} is no list of tags: give one such as team=orders,a=b")
    return tuple((key, tag) for key, _, tag in pairs)
