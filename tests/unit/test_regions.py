"""Partitions: what the SDK knows of each region is what is written into ARNs and hosts."""

import boto3
import pytest

from domain.regions import partition


@pytest.mark.parametrize("name", ["aws", "aws-cn", "aws-us-gov"])
def test_each_region_is_of_the_sdks_partition(name: str) -> None:
    session = boto3.Session()
    regions = session.get_available_regions("sqs", partition_name=name)
    assert regions
    for region in regions:
        assert partition(region).name == name
        host = session.client("sqs", region_name=region).meta.endpoint_url
        assert host == f"https://sqs.{region}.{partition(region).suffix}"


def test_each_partition_has_a_console_of_its_own() -> None:
    regions = ("us-east-1", "cn-north-1", "us-gov-east-1")
    assert [partition(region).console for region in regions] == [
        "console.aws.amazon.com",
        "console.amazonaws.cn",
        "console.amazonaws-us-gov.com",
    ]
