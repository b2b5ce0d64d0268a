"""Where events end: the bucket of responses and the queue of failures."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from domain.keys import FAILURES, RESPONSES
from stacks.acknowledgments import acknowledge
from stacks.settings import Settings

RETENTION = Duration.days(14)
# What a message points to under failures/ stays for longer than the message can.
FAILURE_RETENTION = RETENTION.plus(Duration.days(1))
UPLOAD_DAYS = 7
REDRIVE_TIMEOUT_SECONDS = 30
MAX_MESSAGE_BYTES = 1_048_576
# As often as Lambda's guide to SQS event sources wants it at the least.
MAX_RECEIVE_COUNT = 5
# Of the bucket's key. To write is to read the bucket's data key, too, where it has one (S3 user
# guide, "Changes to note before enabling an S3 Bucket Key").
WRITING = ("kms:GenerateDataKey", "kms:Decrypt")
READING = ("kms:Decrypt",)


class Storage(Construct):
    """The bucket (the configured one or a new one) and the failure queue."""

    def __init__(self, scope: Construct, id: str, settings: Settings) -> None:
        super().__init__(scope, id)
        self.bucket = self._build_bucket(settings)
        self.failure_queue = end_queue(self, "FailureQueue", settings)
        self.redrive_queue = self._build_redrive_queue(settings)

    def _build_bucket(self, settings: Settings) -> s3.IBucket:
        if settings.bucket_arn:
            return s3.Bucket.from_bucket_arn(self, "Bucket", settings.bucket_arn)
        bucket = s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            **self._encryption(settings),
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=list(lifecycle_rules(settings)),
            removal_policy=kept_unless(settings.remove_data),
            auto_delete_objects=settings.remove_data,
        )
        # Of the resource itself: what the construct has for it is a function and a role.
        announcing = "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"
        resource: Any = bucket.node.default_child
        resource.add_property_override(announcing, True)
        acknowledge(
            bucket,
            "Access to responses is logged by the account's own CloudTrail data events.",
            "AwsSolutions-S1",
        )
        return bucket

    def _encryption(self, settings: Settings) -> dict[str, Any]:
        """S3's own, or the configured key, which is asked once for many objects."""
        if not settings.key_arn:
            return {"encryption": s3.BucketEncryption.S3_MANAGED}
        return {
            "encryption": s3.BucketEncryption.KMS,
            "encryption_key": kms.Key.from_key_arn(self, "Key", settings.key_arn),
            "bucket_key_enabled": True,
        }

    def _build_redrive_queue(self, settings: Settings) -> sqs.Queue:
        """The queue of events that are to be redriven automatically, when their delay is over."""
        return event_queue(
            self,
            "RedriveQueue",
            settings,
            # Six times the function's timeout, as Lambda's guide to SQS event sources says.
            visibility_timeout=Duration.seconds(6 * REDRIVE_TIMEOUT_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.failure_queue, max_receive_count=MAX_RECEIVE_COUNT
            ),
        )


def lifecycle_rules(settings: Settings) -> Iterator[s3.LifecycleRule]:
    """What S3 deletes by itself, and after how long."""
    yield s3.LifecycleRule(
        id="Uploads", abort_incomplete_multipart_upload_after=Duration.days(UPLOAD_DAYS)
    )
    yield s3.LifecycleRule(
        id="OldVersions",
        noncurrent_version_expiration=Duration.days(settings.old_version_days),
        expired_object_delete_marker=True,
    )
    yield s3.LifecycleRule(id="Failures", prefix=FAILURES, expiration=FAILURE_RETENTION)
    if settings.data_days:
        for prefix in RESPONSES:
            yield s3.LifecycleRule(
                id=f"Responses-{prefix.rstrip('/')}",
                prefix=prefix,
                expiration=Duration.days(settings.data_days),
            )


def end_queue(scope: Construct, id: str, settings: Settings) -> sqs.Queue:
    """A queue in which events wait for an operator."""
    queue = event_queue(scope, id, settings)
    acknowledge(
        queue,
        "Nothing consumes this queue but an operator's redrive, which deletes last.",
        "AwsSolutions-SQS3",
        "Serverless-SQSRedrivePolicy",
    )
    return queue


def event_queue(scope: Construct, id: str, settings: Settings, **properties: Any) -> sqs.Queue:
    """A queue of events: encrypted, TLS only, kept for 14 days."""
    return sqs.Queue(
        scope,
        id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=RETENTION,
        max_message_size_bytes=MAX_MESSAGE_BYTES,
        removal_policy=kept_unless(settings.remove_data),
        **properties,
    )


def kept_unless(remove_data: bool) -> RemovalPolicy:
    """What becomes of the data when the stack is destroyed: kept unless configured otherwise.

    What a first deployment that fails has made is empty, and goes with it.
    """
    return RemovalPolicy.DESTROY if remove_data else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
