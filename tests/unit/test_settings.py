"""Settings: each wrong value is one line that says what is right."""

import re
from pathlib import Path

import pytest

from stacks.parsers import SettingError
from stacks.settings import Row, Settings, variables

API = {"MOCK_BWP_API": "https://api.example.com/graphql"}
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/shop"
KEY = "arn:aws:kms:us-east-1:123456789012:key/mrk-30b55436"


def load(**values: str) -> Settings:
    return Settings.load(Path("/nonexistent"), values)


def test_everything_has_a_default() -> None:
    assert load() == Settings()
    assert load().needs_sandbox


def test_everything_can_be_set() -> None:
    settings = load(
        MOCK_BWP_API="https://api.example.com/graphql",
        AWS_REGION="us-east-1",
        EVENT_BUS_ARN=BUS,
        S3_BUCKET_ARN="arn:aws:s3:::my-responses",
        S3_KMS_KEY_ARN=KEY,
        EVENT_SOURCE="buywithprime",
        INSTALLATION_ID="i1",
        TOKEN_URL="https://auth.example.com/token",
        CLIENT_ID="shop",
        CLIENT_SECRET="canary",
        API_TOKEN="",
        API_CREDENTIALS="client",
        LOG_EXECUTION_DATA="false",
        LOG_LEVEL="debug",
        EXECUTION_LOGS="error",
        RETENTION_DAYS="7",
        REDRIVE_DELAYS="1, 2",
        QUERY_API_CONCURRENCY="7",
        ALARM_EMAIL="ops@example.com",
        ARCHIVE_DAYS="3",
        REMOVE_DATA="TRUE",
        TAGS="team=orders, env=dev",
    )
    assert settings == Settings(
        api_url="https://api.example.com/graphql",
        region="us-east-1",
        event_bus_arn=BUS,
        bucket_arn="arn:aws:s3:::my-responses",
        key_arn=KEY,
        event_source="buywithprime",
        installation_id="i1",
        token_url="https://auth.example.com/token",
        credentials="CLIENT",
        log_execution_data=False,
        log_level="DEBUG",
        execution_logs="ERROR",
        retention_days=7,
        redrive_delays=(1, 2),
        query_api_concurrency=7,
        alarm_email="ops@example.com",
        archive_days=3,
        remove_data=True,
        tags=(("team", "orders"), ("env", "dev")),
    )
    assert not settings.needs_sandbox
    assert "canary" not in repr(settings)


def test_every_setting_is_documented_in_the_example() -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    documented = re.findall(r"^#(\w+)=", example, re.MULTILINE)
    assert documented == [each.name for each in variables()]


def test_the_example_is_a_valid_configuration(tmp_path: Path) -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    file = tmp_path / ".env"
    file.write_text(re.sub(r"^#(?=\w+=)", "", example, flags=re.MULTILINE))
    assert Settings.load(file, {}).api_url


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('MOCK_BWP_API="https://file.example/graphql"\nEVENT_SOURCE=file\n')
    settings = Settings.load(file, {"EVENT_SOURCE": "environment"})
    assert settings.api_url == "https://file.example/graphql"
    assert settings.event_source == "environment"
    assert Settings.load(file, {}, defaults=API).api_url == "https://file.example/graphql"


def test_execution_data_is_logged_for_the_mock_only() -> None:
    assert load().logs_data
    assert not load(**API).logs_data
    assert load(**API, LOG_EXECUTION_DATA="true").logs_data


def test_execution_data_of_others_events_is_never_logged_because_a_variable_is_missing() -> None:
    assert not load(EVENT_BUS_ARN=BUS).logs_data
    assert load(EVENT_BUS_ARN=BUS, LOG_EXECUTION_DATA="true").logs_data


SECRETS = {"CLIENT_ID": "shop", "CLIENT_SECRET": "s", "API_TOKEN": "t"}
TOKEN_URL = "https://auth.example.com/token"


@pytest.mark.parametrize(
    ("given", "source"),
    [({"TOKEN_URL": TOKEN_URL}, "CLIENT"), ({"API_CREDENTIALS": "token"}, "TOKEN")],
)
def test_no_secret_of_a_machine_changes_what_is_deployed(
    given: dict[str, str], source: str
) -> None:
    assert load(**given) == load(**given, **SECRETS)
    assert load(**given).token_from == source
    assert load(**given).has_secret
    assert not load().has_secret


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("API_TOKEN=t", "API_TOKEN is given, but .* set API_CREDENTIALS=TOKEN"),
        ("CLIENT_ID=shop", "CLIENT_ID is given, but .* set TOKEN_URL"),
        ("API_CREDENTIALS=client", "do not fit together"),
        (f"API_CREDENTIALS=token\nTOKEN_URL={TOKEN_URL}", "API_CREDENTIALS=TOKEN and TOKEN_URL="),
    ],
)
def test_credentials_that_nothing_would_use_are_told(tmp_path: Path, given: str, told: str) -> None:
    (tmp_path / ".env").write_text(given)
    with pytest.raises(SettingError, match=told):
        Settings.load(tmp_path / ".env", {})


def test_what_a_shell_has_may_be_others(tmp_path: Path) -> None:
    assert load(**SECRETS) == load()
    (tmp_path / ".env").write_text("API_CREDENTIALS=mock\nAPI_TOKEN=t\n")
    assert not Settings.load(tmp_path / ".env", {}).has_secret


def test_redrives_are_delayed_as_told_or_off() -> None:
    assert load().redrive_delays == (60, 300, 900)
    assert load(REDRIVE_DELAYS="off").redrive_delays == ()


@pytest.mark.parametrize(
    ("misspelled", "right"),
    [
        ("EVENT_BUS_ARM", "EVENT_BUS_ARN"),
        ("MOCK_BWP_APIS", "MOCK_BWP_API"),
        ("CLIENT_SECRETS", "CLIENT_SECRET"),
        ("redrive_delays", "REDRIVE_DELAYS"),
    ],
)
def test_a_misspelled_name_is_told(tmp_path: Path, misspelled: str, right: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{misspelled}=x\n")
    told = f"{misspelled} is no setting: write {right}"
    with pytest.raises(SettingError, match=told):
        Settings.load(file, {})
    with pytest.raises(SettingError, match=told):
        load(**{misspelled: "x"})


def test_what_others_set_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("EDITOR=vi\nDATABASE_URL=x\n")
    Settings.load(file, {"AWS_DEFAULT_REGION": "eu-west-1", "LANG": "C", "PATH": "/bin"})
    assert load(LOGLEVEL="debug") == load()


def test_a_bus_of_another_region_is_told() -> None:
    for name in ("AWS_REGION", "CDK_DEFAULT_REGION"):
        with pytest.raises(SettingError, match="is in another region than the stack"):
            load(**{name: "eu-west-1", "EVENT_BUS_ARN": BUS})
        with pytest.raises(SettingError, match="give a key in eu-west-1, such as arn:aws:kms:eu-"):
            load(**{name: "eu-west-1", "S3_KMS_KEY_ARN": KEY})


def test_a_bus_of_another_account_is_told_unless_the_cloud_is_local() -> None:
    given = {"EVENT_BUS_ARN": BUS, "CDK_DEFAULT_ACCOUNT": "999999999999"}
    with pytest.raises(SettingError, match="another account than the stack, 999999999999: give"):
        load(**given)
    assert load(**given | {"CDK_DEFAULT_ACCOUNT": "123456789012"}).bus_name == "shop"
    assert load(**given, AWS_ENDPOINT_URL="http://127.0.0.1:4566").bus_name == "shop"


@pytest.mark.parametrize(
    ("region", "right"),
    [("us-gov-west-1", "arn:aws-us-gov:s3:::shop"), ("cn-north-1", "arn:aws-cn:s3:::shop")],
)
def test_an_arn_of_another_partition_is_told_with_the_right_one(region: str, right: str) -> None:
    with pytest.raises(SettingError, match=f"S3_BUCKET_ARN=.* none in {region}: give {right}"):
        load(AWS_REGION=region, S3_BUCKET_ARN="arn:aws:s3:::shop")
    assert load(AWS_REGION=region, S3_BUCKET_ARN=right).bucket_name == "shop"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:4567/graphql", "http://localhost/graphql", "http://[::1]:4567/graphql"],
)
def test_loopback_needs_no_https(url: str) -> None:
    assert load(MOCK_BWP_API=url).api_url == url


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        ("MOCK_BWP_API", "api.example.com", "https://api.example.com/graphql"),
        ("MOCK_BWP_API", "http://api.example.com/graphql", "https://api.example.com/graphql"),
        ("EVENT_BUS_ARN", "shop", "arn:aws:events:us-east-1:123456789012:event-bus/shop"),
        ("EVENT_BUS_ARN", "arn:aws:sqs:us-east-1:123456789012:shop", "arn:aws:events:"),
        ("S3_BUCKET_ARN", "my-responses", "arn:aws:s3:::my-responses"),
        ("EVENT_BUS_ARN", BUS.replace("123456789012", "12"), "123456789012"),
        ("S3_BUCKET_ARN", "arn:aws:s3:::my-responses/*", "arn:aws:s3:::my-responses"),
        ("S3_BUCKET_ARN", "arn:aws:events:::my-responses", "arn:aws:s3:::my-responses"),
        ("S3_KMS_KEY_ARN", "arn:aws:kms:us-east-1:123456789012:alias/shop", ":key/30b55436"),
        ("AWS_REGION", "Virginia", "us-east-1"),
        ("TOKEN_URL", "http://auth.example.com/token", "https://"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO"),
        ("EXECUTION_LOGS", "some", "ALL, ERROR, OFF"),
        ("RETENTION_DAYS", "31", "30"),
        ("ALARM_EMAIL", "ops", "ops@example.com"),
        ("ARCHIVE_DAYS", "-1", "10"),
        ("REMOVE_DATA", "yes", "true or false"),
        ("TAGS", "team", "team=orders"),
        ("LOG_EXECUTION_DATA", "maybe", "true or false"),
        ("REDRIVE_DELAYS", "soon", "60,300,900"),
        ("REDRIVE_DELAYS", "60,901", "60,300,900"),
        ("QUERY_API_CONCURRENCY", "0", "10"),
        ("QUERY_API_CONCURRENCY", "ten", "10"),
    ],
)
def test_a_wrong_value_is_one_line(name: str, value: str, example: str) -> None:
    with pytest.raises(SettingError) as raised:
        load(**{name: value})
    told = str(raised.value)
    assert told.startswith(name)
    assert value in told
    assert example in told
    assert "\n" not in told


@pytest.mark.parametrize("name", ["MOCK_BWP_API", "TOKEN_URL"])
@pytest.mark.parametrize(
    "value",
    [
        "https://shop:hunter2@api.example.com/graphql",
        "https://hunter2@api.example.com",
        "http://shop:hunter2@api.example.com/graphql",
        "shop:hunter2@api.example.com",
        "https://shop:hunter2@[::1/graphql",
        "https://shop:hunter2@api.example.com:0x50/graphql",
        "https://shop:hunter2/@api.example.com",
        "https://[::1",
        "https://::1]/graphql",
        "https://[api.example.com]/graphql",
        "https://api.example.com]/graphql",
        "https://api.example.com:0/graphql",
        "https://api.example.com:65536/graphql",
        "https://api.example.com:port/graphql",
        "https://api.example.com:-1/graphql",
        "https://api.example.com:٤٤٣/graphql",
        "https://api.example.com/a b",
        "https://api.example.com\\@evil.example/",
        "https://:443/graphql",
        "https:///graphql",
        "ftp://api.example.com/graphql",
    ],
)
def test_a_url_that_is_none_is_one_line_without_a_password(name: str, value: str) -> None:
    with pytest.raises(SettingError) as raised:
        load(**{name: value})
    told = str(raised.value)
    assert told.startswith(name)
    assert "https://api.example.com/graphql" in told
    assert "\n" not in told
    assert "hunter2" not in told


def test_a_url_may_have_a_port_and_an_at_in_its_path() -> None:
    url = "https://API.example.com:8443/@shop/graphql?v=1"
    assert load(MOCK_BWP_API=url).api_url == url


@pytest.mark.parametrize("name", [each.name for each in variables() if isinstance(each, Row)])
@pytest.mark.parametrize("character", ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028"])
def test_a_control_character_is_one_line(name: str, character: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} holds a control character: give ") as raised:
        load(**{name: f"before{character}after"})
    assert character not in str(raised.value)


def test_a_file_of_another_encoding_is_one_line(tmp_path: Path) -> None:
    (file := tmp_path / ".env").write_bytes(b"# Schl\xfcssel\nTAGS=team=orders\n")
    with pytest.raises(SettingError, match=r"^\.env is no UTF-8: save it so$"):
        Settings.load(file, {})
