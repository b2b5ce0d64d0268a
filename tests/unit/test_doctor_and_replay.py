"""Doctor and replay: what they find, and what they say to do."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest

from accelerator import doctor
from accelerator.account import BOOTSTRAP_PARAMETER, AwsChecks
from accelerator.deployment import Deployment
from accelerator.documents import check_documents
from accelerator.problem import Problem
from accelerator.published_api import PublishedApi
from accelerator.replay import moment, replay
from domain.event_types import families
from domain.family import PUBLISHED
from domain.names import archive
from stacks.settings import Settings
from tests.harness.aws import strict_aws
from tests.harness.deployments import deployment
from tests.harness.environment import PROJECT as REPOSITORY
from tests.harness.server import serving

MOCKS = [family.name for family in families()]
BUS, STATE_MACHINE_ARN = "shop", "arn:the-state-machine"
START, END = datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)

# What it finds is told by test_documents.py.
CHECKED = cache(check_documents)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty account, and the `.env` of a project of its own."""
    monkeypatch.setattr(doctor, "PROJECT", tmp_path)
    monkeypatch.setattr("accelerator.deployment.PROJECT", tmp_path)
    monkeypatch.setattr(doctor, "check_documents", CHECKED)
    monkeypatch.setattr(doctor, "check_definition", lambda: None)
    # What the functions have under these names is nothing that a user has set.
    monkeypatch.delenv("API_TOKEN")
    monkeypatch.delenv("API_URL")
    (tmp_path / "cdk").touch()
    monkeypatch.setattr(doctor, "CDK", tmp_path / "cdk")
    # moto does not know GetAccountSettings; test_account.py tells what is made of it.
    monkeypatch.setattr(AwsChecks, "concurrency", lambda _: "1000 at once in the account")
    with strict_aws():
        yield tmp_path / ".env"


def found() -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in doctor.examine()}


def test_an_account_that_is_not_bootstrapped(account: Path) -> None:
    findings = found()
    assert [name for name, finding in findings.items() if finding.well is False] == ["bootstrap"]
    assert "npx cdk bootstrap" in findings["bootstrap"].told
    assert findings["event bus"].told == "the stack makes its own"
    assert findings["endpoint"].told == "the sandbox brings its own"


def test_without_an_account_nothing_is_told_of_what_is_in_it(
    account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    findings = found()
    assert "set AWS_REGION in .env" in findings["region"].told
    assert findings.keys().isdisjoint({"bootstrap", "event bus", "bucket", "concurrency"})
    account.write_text("AWS_REGION=eu-west-1\n")
    assert found()["region"].told == "eu-west-1"


def test_what_is_configured_is_there(account: Path, mock_api: str) -> None:
    arn = boto3.client("events").create_event_bus(Name="shop")["EventBusArn"]
    boto3.client("s3").create_bucket(Bucket="my-responses")
    boto3.client("s3").put_bucket_encryption(
        Bucket="my-responses",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    boto3.client("ssm").put_parameter(Name=BOOTSTRAP_PARAMETER, Value="30", Type="String")
    account.write_text(
        f"EVENT_BUS_ARN={arn}\nS3_BUCKET_ARN=arn:aws:s3:::my-responses\n"
        f"MOCK_BWP_API={mock_api}/graphql\n"
    )
    findings = found()
    assert all(finding.well is not False for finding in findings.values()), findings
    assert findings["endpoint"].told == "answers with status 401"


def test_what_is_configured_is_missing(account: Path) -> None:
    account.write_text(
        "EVENT_BUS_ARN=arn:aws:events:us-east-1:123456789012:event-bus/shop\n"
        "S3_BUCKET_ARN=arn:aws:s3:::my-responses\n"
        "MOCK_BWP_API=http://127.0.0.1:9/graphql\n"
    )
    findings = found()
    assert "EVENT_BUS_ARN" in findings["event bus"].told
    assert "S3_BUCKET_ARN" in findings["bucket"].told
    assert "does not answer" in findings["endpoint"].told


@pytest.mark.parametrize(
    ("status", "well", "told"),
    [
        (403, True, "answers with status 403"),
        (404, False, "no API is there: mend its address"),
        (503, False, "see whether it is up, and try again"),
    ],
)
def test_an_endpoint_may_refuse_who_has_no_token_and_no_more(
    account: Path, status: int, well: bool, told: str
) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serving(Answers) as url:
        account.write_text(f"MOCK_BWP_API={url}\n")
        endpoint = found()["endpoint"]
    assert (endpoint.well, told in endpoint.told) == (well, True)


def test_what_whoever_pushes_credentials_will_need_is_told(account: Path) -> None:
    account.write_text("TOKEN_URL=https://auth.example.com/token\nCLIENT_ID=shop\n")
    findings = found()
    assert findings["CLIENT_ID"].told == "is given"
    assert "a push will need it" in findings["CLIENT_SECRET"].told
    assert "API_TOKEN" not in findings


def test_credentials_of_the_environment_that_nothing_uses_are_told(
    account: Path, mock_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_ID", "shop")
    assert "CLIENT_ID" not in found()
    account.write_text(f"MOCK_BWP_API={mock_api}/graphql\n")
    assert "nothing uses it: set TOKEN_URL too" in found()["CLIENT_ID"].told
    account.write_text(f"MOCK_BWP_API={mock_api}/graphql\nAPI_CREDENTIALS=MOCK\n")
    assert "CLIENT_ID" not in found()


@pytest.mark.parametrize(
    ("secret", "well"), [("mock-secret", True), ("another", False), ("", None)]
)
def test_the_published_api_is_asked_whether_it_takes_each_document(
    account: Path, mock_api: str, secret: str, well: bool | None
) -> None:
    account.write_text(
        f"API_VERSION=2024-11-01\nAPI_URL={mock_api}/graphql\nTOKEN_URL={mock_api}/token\n"
        f"TARGET_ID=bp-1\nCLIENT_ID=mock-client\nCLIENT_SECRET={secret}\n"
    )
    (account.parent / "graphql").symlink_to(REPOSITORY / "graphql")
    findings = found()
    documents = {name: each for name, each in findings.items() if name.startswith("2024-11-01/")}
    assert len(documents) == (4 if secret == "mock-secret" else 0)
    assert all(each.told == "is taken" for each in documents.values())
    if not documents:
        assert findings["published API"].well is well


def test_a_document_that_the_published_api_refuses_is_named(
    account: Path, mock_api: str, tmp_path: Path
) -> None:
    settings = Settings(
        api_version="2024-11-01",
        api_url=f"{mock_api}/graphql",
        token_url=f"{mock_api}/token",
        target_id="bp-1",
    )
    api = PublishedApi(settings, "mock-client", "mock-secret")
    family = families(PUBLISHED)[0]
    file = tmp_path / "graphql" / f"{family.document}.graphql"
    file.parent.mkdir(parents=True)
    query = "query order($orderIdentifier: OrderIdentifierInput!) {"
    file.write_text(f"{query} order(orderIdentifier: $orderIdentifier) {{ noSuchField }} }}")
    with pytest.raises(Problem, match=r"2024-11-01/order.graphql is refused: .*noSuchField"):
        doctor.taken(api, family)


def test_a_wrong_setting_is_told(account: Path) -> None:
    account.write_text("EVENT_BUS_ARN=shop\n")
    assert "EVENT_BUS_ARN=shop" in found()["settings"].told


@pytest.mark.parametrize("line", ["foo", "export", "my secret", "=x", "A='x"])
def test_a_line_that_sets_nothing_is_told_without_what_it_holds(account: Path, line: str) -> None:
    account.write_text(f"# a comment\n\nLOG_LEVEL=INFO\n\n{line}\nRETENTION_DAYS=3\n")
    told = found()["settings"]
    assert told.told == "line 5 of .env is no NAME=value: mend it, or begin it with #"
    assert not told.well


def test_a_missing_tool_is_told(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(doctor, "CDK", Path("/nonexistent/cdk"))
    findings = found()
    assert "Node.js is missing" in findings["Node.js"].told
    assert "make setup" in findings["CDK"].told


class Archives:
    """EventBridge with archives of some families."""

    def __init__(self, *families: str) -> None:
        self.families = families
        self.rules = ["OrderRule", "ItemRule"]
        self.replays: list[dict[str, Any]] = []

    def describe_archive(self, ArchiveName: str) -> dict[str, str]:
        named = {archive(family, BUS): family for family in self.families}
        family = named.get(ArchiveName)
        if family is None:
            raise boto3.client("events").exceptions.ResourceNotFoundException({}, "DescribeArchive")
        return {"ArchiveArn": f"arn:{family}", "EventSourceArn": "arn:bus"}

    def list_rule_names_by_target(self, TargetArn: str, EventBusName: str) -> dict[str, Any]:
        assert (TargetArn, EventBusName) == (STATE_MACHINE_ARN, BUS)
        return {"RuleNames": self.rules}

    def describe_rule(self, Name: str, EventBusName: str) -> dict[str, str]:
        return {"Arn": f"arn:rule/{EventBusName}/{Name}"}

    def start_replay(self, **replay: Any) -> None:
        self.replays.append(replay)


def cloud(archives: Archives) -> Deployment:
    made = deployment(state_machine_arn=STATE_MACHINE_ARN, event_bus_name=BUS)
    made.__dict__["events"] = archives
    return made


def test_replay_sends_the_span_of_each_archive_to_its_bus() -> None:
    archives = Archives(*MOCKS)
    assert len(replay(cloud(archives), START, END, None)) == len(MOCKS)
    assert {r["EventSourceArn"] for r in archives.replays} == {f"arn:{kind}" for kind in MOCKS}
    for started in archives.replays:
        assert (started["EventStartTime"], started["EventEndTime"]) == (START, END)
        # To this deployment's rules alone: others on the bus hear of nothing again.
        rules = [f"arn:rule/{BUS}/{name}" for name in archives.rules]
        assert started["Destination"] == {"Arn": "arn:bus", "FilterArns": rules}


def test_replay_without_rules_starts_nothing() -> None:
    archives = Archives("order")
    archives.rules = []
    with pytest.raises(Problem, match="no rule of"):
        replay(cloud(archives), START, END, "order")
    assert archives.replays == []


def test_replay_of_one_kind() -> None:
    archives = Archives("order")
    (name,) = replay(cloud(archives), START, END, "order")
    assert name == archives.replays[0]["ReplayName"]


@pytest.mark.parametrize(
    ("start", "end", "kind", "told"),
    [
        (START, END, "pizza", ", ".join(MOCKS)),
        (END, START, "order", "ends before it begins"),
        (START, END, "inventory", "set ARCHIVE_DAYS"),
    ],
)
def test_replay_says_what_is_wrong(start: datetime, end: datetime, kind: str, told: str) -> None:
    with pytest.raises(Problem, match=told):
        replay(cloud(Archives("order")), start, end, kind)


def test_moments() -> None:
    assert moment("2026-11-24T08:00") == START
    assert moment("2026-11-24T09:00+01:00") == START
    with pytest.raises(Problem, match="2026-11-24T08:00"):
        moment("yesterday")
