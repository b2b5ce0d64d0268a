"""Why a cdk-nag rule does not apply somewhere."""

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_s3 as s3
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *rules: str) -> None:
    """Acknowledge cdk-nag's findings by these rules on a construct, for a reason."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason=reason) for rule in rules)
    )


def acknowledge_prefixes(construct: IConstruct, bucket: s3.IBucket, *prefixes: str) -> None:
    """Acknowledge permissions on every object under prefixes, whose keys no template can know."""
    arn = Stack.of(construct).resolve(bucket.bucket_arn)
    name = arn if isinstance(arn, str) else f"<{'.'.join(arn['Fn::GetAtt'])}>"
    acknowledge(
        construct,
        "The keys under the prefix are those of events to come.",
        *(f"AwsSolutions-IAM5[Resource::{name}/{prefix}*]" for prefix in prefixes),
    )
