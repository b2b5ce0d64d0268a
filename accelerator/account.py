"""Checks of an account and a region that are to be deployed to, and of what settings name there."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from accelerator.problem import Problem
from domain.names import QUERY_API, STACK
from stacks.arns import refuse_elsewhere
from stacks.settings import Settings

# What Lambda keeps for functions that reserve nothing: 100, in a smaller account all (Lambda
# developer guide, "Configuring reserved concurrency"; its refusals name 10 and 50).
MIN_UNRESERVED = 100
# As many as a new account may have in all.
FEW = 10
MORE_EXECUTIONS = "ask Service Quotas for more of Lambda's 'Concurrent executions' (L-B99A9384)"
BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
ADVICE = {
    "credentials": "configure AWS credentials, such as with 'aws configure' or AWS_PROFILE",
    "bootstrap": "run 'npx cdk bootstrap' in this account and region",
    "event bus": "set EVENT_BUS_ARN to a bus that is there, or leave it out",
    "bucket": "set S3_BUCKET_ARN to a bucket you can reach, or leave it out",
    "encryption": "set S3_KMS_KEY_ARN to a key that is there, and ask for kms:DescribeKey and "
    "s3:GetEncryptionConfiguration on the bucket",
    "announcements": "try again: it is not known whether the bucket tells EventBridge of objects",
    "expiry": "try again: it is not known whether anything in the bucket expires",
    "concurrency": "ask for lambda:GetAccountSettings, to see what can be reserved",
}
# What is configured at that moment is kept, of which the call by itself would leave nothing.
ANNOUNCE = (
    "aws s3api put-bucket-notification-configuration --bucket {0} --notification-configuration "
    '"$(aws s3api get-bucket-notification-configuration --bucket {0} --output json '
    """--query 'merge(@, `{{"EventBridgeConfiguration": {{}}}}`)')\""""
)


class Remark(str):
    """What a check tells that stands in no deployment's way, and is not as well as it may be."""


@dataclass
class AwsChecks:
    """Checks of an account and of what the settings name in it."""

    settings: Settings
    session: boto3.Session

    def region(self) -> str:
        """Where it is."""
        if not self.session.region_name:
            raise Problem("none is configured: set AWS_REGION in .env")
        return str(self.session.region_name)

    def credentials(self) -> str:
        """Whose credentials they are."""
        identity: str = self.session.client("sts").get_caller_identity()["Arn"]
        return f"{identity}, in {self.session.region_name}"

    def bootstrap(self) -> str:
        """Whether the CDK can deploy there."""
        parameter = self.session.client("ssm").get_parameter(Name=BOOTSTRAP_PARAMETER)
        return f"version {parameter['Parameter']['Value']}"

    def bus(self) -> str:
        """Whether the configured bus is there."""
        if not self.settings.bus_name:
            return "the stack makes its own"
        name, arn = self.settings.bus_name, str(self.settings.event_bus_arn)
        account = self.session.client("sts").get_caller_identity()["Account"]
        refuse_elsewhere(arn, None, None, self.session.region_name, account)
        return self.session.client("events").describe_event_bus(Name=name)["Arn"]

    def bucket(self) -> str:
        """Whether the configured bucket can be reached, from the region that the stack is in."""
        name, ours = self.settings.bucket_name, self.session.region_name
        if not name:
            return "the stack makes its own"
        region = self.session.client("s3").head_bucket(Bucket=name).get("BucketRegion", ours)
        if region != ours:
            raise Problem(
                f"{name} is in {region}, and no event would be stored from {ours}: give "
                f"S3_BUCKET_ARN a bucket in {ours}, or deploy with AWS_REGION={region}"
            )
        return name

    def encryption(self) -> str:
        """Whether the settings name the key of the bucket, if that is anybody's own."""
        name, ours = self.settings.bucket_name, self.settings.key_arn
        theirs = self._key_of(name) if name else ours and self._own_key(ours)
        if theirs == ours:
            return ours or "S3's own"
        if theirs:
            raise Problem(
                f"{name} is encrypted with a key that no role may use: set S3_KMS_KEY_ARN={theirs}"
            )
        raise Problem(
            f"{name or 'the bucket'} would not be encrypted with S3_KMS_KEY_ARN={ours}: leave it "
            "out, or make it the key that the bucket encrypts with by itself"
        )

    def _key_of(self, bucket: str) -> str | None:
        """The key that a bucket encrypts with, unless it is one of AWS's."""
        used = self.session.client("s3").get_bucket_encryption(Bucket=bucket)
        (rule,) = used["ServerSideEncryptionConfiguration"]["Rules"]
        key = rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
        return key and self._own_key(key)

    def _own_key(self, key: str) -> str | None:
        """The ARN of a key that has one of its names; None of AWS's, which all roles may use."""
        told = self.session.client("kms").describe_key(KeyId=key)["KeyMetadata"]
        if not told["Enabled"]:
            raise Problem(f"the key {told['Arn']} is not enabled: enable it, or take another")
        return None if told["KeyManager"] == "AWS" else str(told["Arn"])

    def announcements(self) -> str:
        """Whether the bucket tells EventBridge of stored objects, or how to have it do so."""
        name = self.settings.bucket_name
        if not name:
            return "the stack's own bucket tells EventBridge of each stored object"
        try:
            told = self.session.client("s3").get_bucket_notification_configuration(Bucket=name)
        except ClientError as error:
            return not_asked(error, "s3:GetBucketNotification", name)
        if "EventBridgeConfiguration" in told:
            return f"{name} tells EventBridge of each stored object"
        return Remark(
            f"{name} tells EventBridge of nothing, so no rule acts on what is hydrated "
            f"(docs/consume.md). This turns it on, and keeps its other notifications: "
            f"{ANNOUNCE.format(name)}"
        )

    def expiry(self) -> str:
        """Whether anything in a bucket of one's own expires, which no setting here rules."""
        name = self.settings.bucket_name
        if not name:
            return "the stack's own bucket forgets as DATA_DAYS and OLD_VERSION_DAYS say"
        s3, rules = self.session.client("s3"), list[Any]()
        try:
            rules += s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
                return not_asked(error, "s3:GetLifecycleConfiguration", name)
        if count := sum(each["Status"] == "Enabled" for each in rules):
            return f"{name} has lifecycle rules of its own ({count}), whatever DATA_DAYS says"
        return Remark(
            f"nothing in {name} ever expires, whatever DATA_DAYS says: give it lifecycle rules "
            "(docs/data.md tells those of the stack's own bucket)"
        )

    def concurrency(self) -> str:
        """Whether Lambda has left what QUERY_API_CONCURRENCY reserves."""
        wanted = self.settings.query_api_concurrency or 0
        limit = self.session.client("lambda").get_account_settings()["AccountLimit"]
        total = limit["ConcurrentExecutions"]
        free = limit["UnreservedConcurrentExecutions"] + (self._reserved() if wanted else 0)
        if wanted > (most := free - min(MIN_UNRESERVED, total)):
            instead = f"set it to {most} or less" if most > 0 else "leave it out"
            raise Problem(
                f"QUERY_API_CONCURRENCY={wanted} cannot be reserved, of {free} executions at once "
                f"that are not: {instead}, or {MORE_EXECUTIONS}"
            )
        told = f"{total} at once in the account"
        return told if total > FEW else Remark(f"{told}, which a burst exceeds: {MORE_EXECUTIONS}")

    def _reserved(self) -> int:
        """What a deployed QueryApi has reserved already."""
        stack = self.session.client("cloudformation").get_paginator("list_stack_resources")
        try:
            pages = list(stack.paginate(StackName=STACK))
        except ClientError:
            return 0
        functions = [
            resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::Lambda::Function"
            and resource["LogicalResourceId"].startswith(QUERY_API)
        ]
        lambda_ = self.session.client("lambda")
        reserved = [lambda_.get_function_concurrency(FunctionName=each) for each in functions]
        return sum(each.get("ReservedConcurrentExecutions", 0) for each in reserved)


def not_asked(error: ClientError, permission: str, bucket: str) -> Remark:
    """What is told of a bucket's configuration that may not be read, which is no mistake."""
    code = error.response["Error"]["Code"]
    if code == "NoSuchBucket":
        return Remark(f"not asked: there is no bucket {bucket}")
    return Remark(f"not asked, which needs {permission} on {bucket}: {code}")
