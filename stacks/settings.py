"""What a user can configure, in `.env` or the environment: a row a setting."""

import os
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from dotenv import dotenv_values

from domain.family import MOCK, PUBLISHED
from stacks import parsers
from stacks.arns import refuse_elsewhere
from stacks.parsers import SettingError

# Where Buy with Prime is (its documentation, "Call the Buy with Prime API").
API_URL = "https://api.buywithprime.amazon.com/graphql"
TOKEN_URL = "https://api.buywithprime.amazon.com/token"  # noqa: S105


class Row(NamedTuple):
    """A variable: how its value is read, an example or the default as text, what it is for."""

    name: str
    parse: Callable[[str, str], Any]
    example: str
    meant: str


def row(
    name: str, parse: Callable[[str, str], Any], example: str, meant: str, default: Any = None
) -> Any:
    """A field of Settings with its row."""
    return field(default=default, metadata={"row": Row(name, parse, example, meant)})


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment. Holds no secret, and depends on none that a machine has."""

    api_url: str | None = row(
        "MOCK_BWP_API",
        parsers.url,
        "https://api.example.com/graphql",
        "The GraphQL endpoint to query. Without it the sandbox's mock API is deployed and queried.",
    )
    api_version: str | None = row(
        "API_VERSION",
        parsers.api_version,
        PUBLISHED,
        "The published Buy with Prime API's version; without it, the mock accelerator's contract.",
    )
    published_url: str | None = row(
        "API_URL",
        parsers.url,
        API_URL,
        "The same endpoint under another name; with API_VERSION and EVENT_BUS_ARN, by itself the "
        "published one.",
    )
    target_id: str | None = row(
        "TARGET_ID",
        parsers.target_id,
        f"bp-{parsers.UUID}",
        "The business product that is queried for; without it, the one that the event names.",
    )
    event_bus_arn: str | None = row(
        "EVENT_BUS_ARN",
        parsers.bus_arn,
        "arn:aws:events:us-east-1:123456789012:event-bus/shop",
        "An existing event bus; without one the stack makes its own.",
    )
    bucket_arn: str | None = row(
        "S3_BUCKET_ARN",
        parsers.bucket_arn,
        "arn:aws:s3:::my-responses",
        "An existing bucket for the responses; without one the stack makes its own.",
    )
    key_arn: str | None = row(
        "S3_KMS_KEY_ARN",
        parsers.key_arn,
        f"arn:aws:kms:us-east-1:123456789012:key/{parsers.UUID}",
        "The KMS key of the bucket, be it yours or the stack's; without it S3 encrypts by its own.",
    )
    region: str | None = row(
        "AWS_REGION",
        parsers.region_name,
        "us-east-1",
        "The region to deploy to; without it, that of your AWS configuration.",
    )
    event_source: str | None = row(
        "EVENT_SOURCE",
        parsers.text,
        "buywithprime",
        "Take events of this source only; without it, of any.",
    )
    installation_id: str = row(
        "INSTALLATION_ID",
        parsers.text,
        "i34242",
        "Sent as X-Omni-InstallationId with each query.",
        "i34242",
    )
    credentials: str | None = row(
        "API_CREDENTIALS",
        parsers.credentials,
        "CLIENT",
        "What QueryApi has its token from: CLIENT for the grant at TOKEN_URL, TOKEN for API_TOKEN, "
        "MOCK for the mock's; without it CLIENT where there is a TOKEN_URL, else MOCK.",
    )
    token_url: str | None = row(
        "TOKEN_URL",
        parsers.url,
        "https://auth.example.com/token",
        "The OAuth 2.0 token endpoint of the client-credentials grant.",
    )
    log_execution_data: bool | None = row(
        "LOG_EXECUTION_DATA",
        parsers.flag,
        "false",
        "Log each state's input and output, customers' data included; without it, where both the "
        "events and the API are the sandbox's.",
    )
    log_level: str = row(
        "LOG_LEVEL",
        parsers.log_level,
        "INFO",
        "How much the functions log: DEBUG, INFO, WARNING or ERROR.",
        "INFO",
    )
    execution_logs: str = row(
        "EXECUTION_LOGS",
        parsers.execution_logs,
        "ALL",
        "Which records executions log: ALL, OFF, or ERROR: failed attempts and failed ends, no "
        "starts, no successes. 'accelerator watch' and the count of ignored events see no others.",
        "ALL",
    )
    retention_days: int = row(
        "RETENTION_DAYS", parsers.retention_days, "30", "Days to keep logs.", 30
    )
    redrive_delays: tuple[int, ...] = row(
        "REDRIVE_DELAYS",
        parsers.delays,
        "60,300,900",
        "Seconds before each automatic redrive of a transient failure, up to 900 each; or off.",
        (60, 300, 900),
    )
    query_api_concurrency: int | None = row(
        "QUERY_API_CONCURRENCY",
        parsers.count,
        "10",
        "The most API calls at once, reserved as QueryApi's concurrency; without it, no limit.",
    )
    alarm_email: str | None = row(
        "ALARM_EMAIL",
        parsers.email,
        "ops@example.com",
        "Where alarms are sent; without it, to a topic without subscribers.",
    )
    archive_days: int | None = row(
        "ARCHIVE_DAYS",
        parsers.count,
        "30",
        "Days to archive events for 'accelerator replay'; without it, none.",
    )
    data_days: int | None = row(
        "DATA_DAYS",
        parsers.count,
        "400",
        "Days after which stored responses of the stack's own bucket expire; without it, never.",
    )
    old_version_days: int = row(
        "OLD_VERSION_DAYS",
        parsers.count,
        "30",
        "Days that versions of an object are kept after a newer one, or after it was deleted.",
        30,
    )
    remove_data: bool = row(
        "REMOVE_DATA",
        parsers.flag,
        "false",
        "Delete stored responses and failures when the stack is destroyed.",
        False,
    )
    tags: tuple[tuple[str, str], ...] = row(
        "TAGS", parsers.tags, "team=orders,env=dev", "Tags for every resource.", ()
    )
    # The SDKs' own variable for another endpoint than AWS: a local cloud.
    endpoint: str | None = None

    @property
    def contract(self) -> str:
        """The contract whose events are hydrated."""
        return self.api_version or MOCK

    @property
    def mocked(self) -> str | None:
        """The contract in which the sandbox's mock is what is queried, if it is."""
        return self.contract if self.api_url is None else None

    @property
    def bus_name(self) -> str | None:
        """The name of the configured bus, of which a partner's has slashes."""
        return self.event_bus_arn.split("/", 1)[1] if self.event_bus_arn else None

    @property
    def bucket_name(self) -> str | None:
        """The name of the configured bucket."""
        return self.bucket_arn.rsplit(":", 1)[1] if self.bucket_arn else None

    @property
    def needs_sandbox(self) -> bool:
        """Whether a Buy with Prime of one's own has to stand in for what is not configured."""
        return self.api_url is None or self.event_bus_arn is None

    @property
    def logs_data(self) -> bool:
        """Whether executions log what they carry: never a customer's by accident.

        By itself only where events and responses are both the sandbox's.
        """
        made_up = self.api_url is None and self.event_bus_arn is None
        return made_up if self.log_execution_data is None else self.log_execution_data

    @property
    def token_from(self) -> str:
        """`CLIENT`, `TOKEN` or `MOCK`."""
        return self.credentials or ("CLIENT" if self.token_url else "MOCK")

    @property
    def has_secret(self) -> bool:
        """Whether the API's credentials are in Secrets Manager."""
        return self.token_from != "MOCK"  # noqa: S105

    @classmethod
    def load(
        cls,
        env_file: Path,
        environment: Mapping[str, str] = os.environ,
        defaults: Mapping[str, str] = MappingProxyType({}),
    ) -> "Settings":
        """Read `env_file` and the environment, which wins; `defaults` are for what neither sets.

        Raises:
            SettingError: the file is no UTF-8, a value is wrong, or a name looks like a misspelled
                one.
        """
        in_file = values_of(env_file)
        refuse_misspelled(in_file, 0.7)
        # A name of one word, such as LOGLEVEL, is somebody else's: the environment is everybody's.
        refuse_misspelled({name: 0 for name in environment if "_" in name}, 0.9)
        values = {**defaults, **in_file, **environment}
        given: dict[str, Any] = {"endpoint": values.get("AWS_ENDPOINT_URL") or None}
        for each in rows():
            name, parse, example, _ = each.metadata["row"]
            if value := (values.get(name) or "").strip() or defaults.get(name):
                if not value.isprintable():
                    raise SettingError(
                        f"{name} holds a control character: give a line such as {example}"
                    )
                given[each.name] = parse(name, value)
        settings = cls(**given).completed().checked(values)
        settings.refuse_unused(in_file)
        return settings

    def completed(self) -> "Settings":
        """These settings, with what follows from them where nothing else is said."""
        api_url, token_url = self.published_url or self.api_url, self.token_url
        if self.api_version and self.event_bus_arn and not api_url:
            api_url = API_URL
            token_url = token_url or (None if self.credentials else TOKEN_URL)
        return replace(self, api_url=api_url, token_url=token_url)

    def checked(self, values: Mapping[str, str | None]) -> "Settings":
        """These settings, where they fit together."""
        # The CDK tells the region of the AWS configuration where AWS_REGION is not set.
        region = self.region or values.get("CDK_DEFAULT_REGION")
        # A local cloud is another account than all that the settings are for.
        account = None if self.endpoint else values.get("CDK_DEFAULT_ACCOUNT")
        refuse_elsewhere(self.event_bus_arn, self.bucket_arn, self.key_arn, region, account)
        if (self.token_from == "CLIENT") != bool(self.token_url):  # noqa: S105
            raise SettingError(
                f"API_CREDENTIALS={self.token_from} and TOKEN_URL={self.token_url or ''} do not "
                "fit together: CLIENT needs a TOKEN_URL, and nothing else takes one"
            )
        return self

    def refuse_unused(self, in_file: Mapping[str, object]) -> None:
        """Refuse secrets in `.env` that nothing would use; what a shell has may be others'."""
        for secret in () if self.credentials or self.has_secret else SECRETS:
            if in_file.get(secret.name):
                raise SettingError(
                    f"{secret.name} is given, but nothing says that it is used: {secret.used_with}"
                )


class Secret(NamedTuple):
    """A variable that `accelerator credentials push` puts into Secrets Manager, and no template."""

    name: str
    # Its name in the secret's JSON.
    key: str
    example: str
    meant: str
    used_with: str


SECRETS = (
    Secret(
        "CLIENT_ID",
        "clientId",
        "my-shop",
        "The client of the grant; 'accelerator credentials push' puts it in Secrets Manager.",
        "set TOKEN_URL too, such as TOKEN_URL=https://auth.example.com/token",
    ),
    Secret(
        "CLIENT_SECRET",
        "clientSecret",
        "the-secret",
        "The client's secret; goes to Secrets Manager and nowhere else.",
        "set TOKEN_URL too, such as TOKEN_URL=https://auth.example.com/token",
    ),
    Secret(
        "API_TOKEN",
        "apiToken",
        "",
        "A static bearer token in place of the grant; goes to Secrets Manager and nowhere else.",
        "set API_CREDENTIALS=TOKEN too",
    ),
)


def values_of(env_file: Path) -> dict[str, str | None]:
    """What a file such as `.env` sets, as far as there is one.

    Raises:
        SettingError: it is no UTF-8.
    """
    try:
        return dotenv_values(env_file)
    except UnicodeDecodeError:
        raise SettingError(f"{env_file.name} is no UTF-8: save it so") from None


def rows() -> list[Field[Any]]:
    """The fields of Settings that a variable is for."""
    return [each for each in fields(Settings) if "row" in each.metadata]


def variables() -> list[Row | Secret]:
    """Every variable, in the order in which `.env.example` has them."""
    told: list[Row | Secret] = [each.metadata["row"] for each in rows()]
    after = next(n for n, each in enumerate(told) if each.name == "TOKEN_URL")
    return [*told[: after + 1], *SECRETS, *told[after + 1 :]]


def refuse_misspelled(given: Mapping[str, object], likeness: float) -> None:
    """Refuse a name that is none of ours and looks much like one of them."""
    names = [each.name for each in variables()]
    for name in given:
        near = get_close_matches(name.upper(), names, 1, likeness)
        if name not in names and near:
            raise SettingError(f"{name} is no setting: write {near[0]}, if that is what you mean")
