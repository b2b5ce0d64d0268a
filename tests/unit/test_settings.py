"""Settings: each wrong value is one line that says what is right."""

from pathlib import Path

import pytest

from stacks.settings import SettingError, Settings

API = {"MOCK_BWP_API": "https://api.example.com/graphql"}


def load(**values: str) -> Settings:
    return Settings.load(Path("/nonexistent"), API | values)


def test_everything_else_has_a_default() -> None:
    assert load() == Settings(api_url=API["MOCK_BWP_API"])


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('MOCK_BWP_API="https://file.example/graphql"\nEVENT_SOURCE=file\n')
    settings = Settings.load(file, {"EVENT_SOURCE": "environment"})
    assert settings.api_url == "https://file.example/graphql"
    assert settings.event_source == "environment"
    assert Settings.load(file, {}, defaults=API).api_url == "https://file.example/graphql"


def test_execution_data_is_logged_for_the_mock_only() -> None:
    assert load().log_execution_data
    assert not load(CLIENT_ID="shop").log_execution_data
    assert load(CLIENT_ID="shop", LOG_EXECUTION_DATA="true").log_execution_data


def test_redrives_are_delayed_as_told_or_off() -> None:
    assert load().redrive_delays == (60, 300, 900)
    assert load(REDRIVE_DELAYS="1, 2").redrive_delays == (1, 2)
    assert load(REDRIVE_DELAYS="off").redrive_delays == ()
    assert load(QUERY_API_CONCURRENCY="7").query_api_concurrency == 7


@pytest.mark.parametrize("url", ["http://127.0.0.1:4567/graphql", "http://localhost/graphql"])
def test_loopback_needs_no_https(url: str) -> None:
    assert load(MOCK_BWP_API=url).api_url == url


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        ("MOCK_BWP_API", "", "https://api.example.com/graphql"),
        ("MOCK_BWP_API", "api.example.com", "https://api.example.com/graphql"),
        ("MOCK_BWP_API", "http://api.example.com/graphql", "https://api.example.com/graphql"),
        ("EVENT_BUS_ARN", "shop", "arn:aws:events:us-east-1:123456789012:event-bus/shop"),
        ("EVENT_BUS_ARN", "arn:aws:sqs:us-east-1:123456789012:shop", "arn:aws:events:"),
        ("S3_BUCKET_ARN", "my-responses", "arn:aws:s3:::my-responses"),
        ("S3_BUCKET_ARN", "arn:aws:s3:::my-responses/*", "arn:aws:s3:::my-responses"),
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
