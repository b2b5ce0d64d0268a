"""An account before a deployment: what in it would refuse an event, and what to do about it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from accelerator.account import AwsChecks
from accelerator.doctor import Finding, found
from accelerator.problem import Problem
from stacks.parsers import SettingError
from stacks.settings import Settings
from tests.harness.aws import strict_aws

OURS, THEIRS = "us-east-1", "eu-west-1"
BUCKET = Settings(bucket_arn="arn:aws:s3:::my-responses")


@pytest.fixture(autouse=True)
def account() -> Iterator[None]:
    with strict_aws():
        yield


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers to the operations that moto does not know, by their names."""
    call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    given: dict[str, Any] = {}

    def answer(client: Any, operation: str, parameters: Any) -> Any:
        return given.get(operation) or call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    return given


@pytest.fixture
def limit(answers: dict[str, Any]) -> Callable[[int, int], None]:
    """Sets how many executions the account has at once, and how many are not reserved."""

    def limit(total: int, unreserved: int) -> None:
        told = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}
        answers["GetAccountSettings"] = {"AccountLimit": told}
        answers["ListStackResources"] = {"StackResourceSummaries": []}

    return limit


def checks(settings: Settings) -> AwsChecks:
    return AwsChecks(settings, boto3.Session(region_name=OURS))


def make_bucket(region: str = OURS, **encryption: str) -> None:
    placed: Any = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3: Any = boto3.client("s3", region_name=region)
    s3.create_bucket(Bucket="my-responses", **({} if region == OURS else placed))
    # As each bucket has been on AWS since 2023, and moto's not.
    used = {"SSEAlgorithm": "AES256"} | encryption
    rules = [{"ApplyServerSideEncryptionByDefault": used}]
    s3.put_bucket_encryption(
        Bucket="my-responses", ServerSideEncryptionConfiguration={"Rules": rules}
    )


def test_a_bucket_in_another_region_is_found_with_what_to_do() -> None:
    make_bucket(THEIRS)
    with pytest.raises(Problem, match=r"my-responses is in eu-west-1, .* AWS_REGION=eu-west-1"):
        checks(BUCKET).bucket()


def test_a_bucket_in_the_stacks_region_is_fine() -> None:
    make_bucket()
    assert checks(BUCKET).bucket() == "my-responses"
    assert checks(BUCKET).encryption() == "S3's own"


@pytest.mark.parametrize("named_by", ["Arn", "KeyId"])
def test_a_bucket_with_a_key_of_ones_own_needs_the_setting(named_by: str) -> None:
    key: Any = boto3.client("kms", region_name=OURS).create_key()["KeyMetadata"]
    make_bucket(SSEAlgorithm="aws:kms", KMSMasterKeyID=key[named_by])
    with pytest.raises(Problem, match=f"set S3_KMS_KEY_ARN={key['Arn']}"):
        checks(BUCKET).encryption()
    named = Settings(bucket_arn=BUCKET.bucket_arn, key_arn=key["Arn"])
    assert checks(named).encryption() == key["Arn"]


def test_s3s_key_in_kms_is_everybodys_in_the_account() -> None:
    make_bucket(SSEAlgorithm="aws:kms")
    assert checks(BUCKET).encryption() == "S3's own"


def test_s3s_key_in_kms_may_be_named(answers: dict[str, Any]) -> None:
    arn = "arn:aws:kms:us-east-1:123456789012:key/30b55436"
    told = {"KeyManager": "AWS", "Arn": arn, "Enabled": True}
    answers["DescribeKey"] = {"KeyMetadata": told}
    make_bucket(SSEAlgorithm="aws:kms", KMSMasterKeyID="alias/aws/s3")
    assert checks(BUCKET).encryption() == "S3's own"


def test_a_key_that_encrypts_nothing_is_found() -> None:
    key = boto3.client("kms", region_name=OURS).create_key()["KeyMetadata"]
    make_bucket()
    named = Settings(bucket_arn=BUCKET.bucket_arn, key_arn=key["Arn"])
    with pytest.raises(Problem, match="my-responses would not be encrypted with S3_KMS_KEY_ARN="):
        checks(named).encryption()


def test_the_key_of_the_stacks_own_bucket_is_there_and_enabled() -> None:
    kms = boto3.client("kms", region_name=OURS)
    key = kms.create_key()["KeyMetadata"]
    assert checks(Settings(key_arn=key["Arn"])).encryption() == key["Arn"]
    kms.disable_key(KeyId=key["KeyId"])
    with pytest.raises(Problem, match="is not enabled"):
        checks(Settings(key_arn=key["Arn"])).encryption()


OTHERS = {"QueueConfigurations": [{"QueueArn": "arn:q", "Events": ["s3:ObjectCreated:*"]}]}


def test_a_bucket_that_tells_eventbridge_is_fine(answers: dict[str, Any]) -> None:
    answers["GetBucketNotificationConfiguration"] = OTHERS | {"EventBridgeConfiguration": {}}
    assert checks(BUCKET).announcements() == "my-responses tells EventBridge of each stored object"
    assert "the stack's own" in checks(Settings()).announcements()


@pytest.mark.parametrize("others", [{}, OTHERS])
def test_a_bucket_that_tells_nobody_is_told_with_a_command_that_keeps_the_rest(
    answers: dict[str, Any], others: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers["GetBucketNotificationConfiguration"] = others or {"ResponseMetadata": {}}
    told = checks(BUCKET).announcements()
    assert "my-responses tells EventBridge of nothing" in told
    assert found("announcements", checks(BUCKET).announcements).well is None
    # A stand-in for AWS's command line, which queries what there is, and notes what it is given.
    aws = tmp_path / "aws"
    aws.write_text(
        f"#!{sys.executable}\nimport jmespath, json, pathlib, sys\n"
        f"query = sys.argv[-1]\nhas = {others!r}\n"
        "if sys.argv[2].startswith('get'): print(json.dumps(jmespath.search(query, has)))\n"
        f"else: pathlib.Path({str(tmp_path / 'given')!r}).write_text(json.dumps(sys.argv[1:]))\n"
    )
    aws.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    subprocess.run(["sh", "-c", told[told.index("aws s3api put") :]], check=True)
    *command, given = json.loads((tmp_path / "given").read_text())
    assert command[1:4] == ["put-bucket-notification-configuration", "--bucket", "my-responses"]
    assert json.loads(given) == others | {"EventBridgeConfiguration": {}}


def test_who_may_not_ask_about_a_bucket_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Any, operation: str, __: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", denied)
    told = "not asked, which needs s3:{} on my-responses: AccessDenied"
    assert checks(BUCKET).announcements() == told.format("GetBucketNotification")
    assert checks(BUCKET).expiry() == told.format("GetLifecycleConfiguration")


def test_a_bucket_in_which_nothing_expires_is_told() -> None:
    told = "not asked: there is no bucket my-responses"
    assert found("expiry", checks(BUCKET).expiry) == Finding("expiry", None, told)
    make_bucket()
    assert "nothing in my-responses ever expires" in checks(BUCKET).expiry()
    expiring: Any = {"Filter": {"Prefix": "order/"}, "Expiration": {"Days": 400}}
    rules = [expiring | {"Status": status} for status in ("Enabled", "Disabled")]
    boto3.client("s3").put_bucket_lifecycle_configuration(
        Bucket="my-responses", LifecycleConfiguration={"Rules": rules}
    )
    assert checks(BUCKET).expiry().startswith("my-responses has lifecycle rules of its own (1)")
    assert checks(Settings()).expiry().startswith("the stack's own bucket")


def test_a_bus_of_another_account_is_found_with_what_to_do() -> None:
    boto3.client("events").create_event_bus(Name="shop")
    theirs = Settings(event_bus_arn="arn:aws:events:us-east-1:999999999999:event-bus/shop")
    with pytest.raises(SettingError, match="another account than the stack, 123456789012: give"):
        checks(theirs).bus()
    ours = Settings(event_bus_arn="arn:aws:events:us-east-1:123456789012:event-bus/shop")
    assert checks(ours).bus() == ours.event_bus_arn


@pytest.mark.parametrize(
    ("total", "unreserved", "wanted", "told"),
    [
        (1000, 1000, 901, "set it to 900 or less"),
        (1000, 130, 40, "set it to 30 or less"),
        # A new account, from which nothing can be reserved.
        (10, 10, 1, "leave it out, or ask Service Quotas for more"),
        (50, 50, 5, "leave it out"),
    ],
)
def test_what_cannot_be_reserved_is_found_with_what_to_do(
    limit: Callable[[int, int], None], total: int, unreserved: int, wanted: int, told: str
) -> None:
    limit(total, unreserved)
    with pytest.raises(Problem, match=f"QUERY_API_CONCURRENCY={wanted} .*{told}"):
        checks(Settings(query_api_concurrency=wanted)).concurrency()


def test_what_can_be_reserved_is_fine(limit: Callable[[int, int], None]) -> None:
    limit(1000, 1000)
    assert (
        checks(Settings(query_api_concurrency=900)).concurrency() == "1000 at once in the account"
    )
    assert checks(Settings()).concurrency() == "1000 at once in the account"


def test_an_account_with_few_executions_is_told_to_ask_for_more(
    limit: Callable[[int, int], None],
) -> None:
    limit(10, 10)
    assert "which a burst exceeds: ask Service Quotas" in checks(Settings()).concurrency()


def test_what_the_deployment_has_reserved_already_counts_for_it(
    limit: Callable[[int, int], None], answers: dict[str, Any]
) -> None:
    limit(110, 100)
    answers["ListStackResources"] = {
        "StackResourceSummaries": [
            {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": name}
            for name, kind in (
                ("FunctionsExtractId12", "AWS::Lambda::Function"),
                ("FunctionsQueryApi34", "AWS::Lambda::Function"),
                ("FunctionsQueryApiRole56", "AWS::IAM::Role"),
            )
        ]
    }
    answers["GetFunctionConcurrency"] = {"ReservedConcurrentExecutions": 10}
    assert "110 at once" in checks(Settings(query_api_concurrency=10)).concurrency()
    with pytest.raises(Problem, match="set it to 10 or less"):
        checks(Settings(query_api_concurrency=11)).concurrency()
