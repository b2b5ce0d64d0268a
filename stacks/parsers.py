"""Reads the value of a setting; a wrong one is a line, with an example of a right one."""

import re

from domain.family import PUBLISHED

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# A scheme, a host and maybe a port: nobody's name or password, which a template would show.
HOST = r"[a-z0-9_][a-z0-9_.-]*|\[[0-9a-f:.]+\]"
URL = rf"(?P<scheme>https?)://(?P<host>{HOST})(:(?P<port>\d{{1,5}}))?([/?][!-~]*)?"
MAX_DELAY_SECONDS = 900
UUID = "30b55436-5c42-4864-b3cb-4e4d014d8744"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
EXECUTION_LOGS = ("ALL", "ERROR", "OFF")
CREDENTIALS = ("MOCK", "CLIENT", "TOKEN")
# What CloudWatch Logs takes as a retention, up to two years (PutRetentionPolicy).
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
BUS_ARN = r"arn:aws[\w-]*:events:[\w-]+:(?P<account>\d{12}):event-bus/[\w./-]+"
BUCKET_ARN = r"arn:aws[\w-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
KEY_ARN = r"arn:aws[\w-]*:kms:[\w-]+:\d{12}:key/[\w-]+"


class SettingError(Exception):
    """A setting has a wrong value. The message is one line: variable, problem, right example."""


def text(name: str, value: str) -> str:
    """Any text."""
    return value


def url(name: str, value: str) -> str:
    """An https URL, or an http one of this machine; a message tells no password that is in it."""
    example = "such as https://api.example.com/graphql"
    told = name if "@" in value else f"{name}={value}"
    parts = re.fullmatch(URL, value, re.IGNORECASE | re.ASCII)
    if not parts or int(parts["port"] or 443) not in range(1, 65536):
        raise SettingError(f"{told} is not the URL of a host, without a user: give one {example}")
    if parts["scheme"].lower() == "http" and parts["host"].lower() not in LOOPBACK:
        raise SettingError(f"{told} is not encrypted: give an https URL, {example}")
    return value


def api_version(name: str, value: str) -> str:
    """A version of the published API."""
    return one_of(name, value, (PUBLISHED,))


def target_id(name: str, value: str) -> str:
    """The id of a business product."""
    return matched(name, value, r"bp-[!-~]{1,64}", "a business product's id", f"bp-{UUID}")


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


def key_arn(name: str, value: str) -> str:
    """The ARN of a KMS key, and of no alias, which no policy can name."""
    example = f"arn:aws:kms:us-east-1:123456789012:key/{UUID}"
    return matched(name, value, KEY_ARN, "the ARN of a KMS key", example)


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


def credentials(name: str, value: str) -> str:
    """Where QueryApi has its token from."""
    return one_of(name, value, CREDENTIALS)


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """One of these, in capitals."""
    if value.upper() not in choices:
        raise SettingError(f"{name}={value} is none: give {', '.join(choices)}")
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
