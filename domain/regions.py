"""What differs between AWS's partitions: the second part of each ARN, and the hosts' names."""

from typing import NamedTuple


class Partition(NamedTuple):
    """A partition, the suffix of its services' hosts and the host of its console."""

    name: str
    suffix: str
    console: str


AWS = Partition("aws", "amazonaws.com", "console.aws.amazon.com")
# By how their regions' names begin (AWS General Reference; "Amazon Web Services in China").
OTHERS = {
    "cn-": Partition("aws-cn", "amazonaws.com.cn", "console.amazonaws.cn"),
    "us-gov-": Partition("aws-us-gov", "amazonaws.com", "console.amazonaws-us-gov.com"),
}


def partition(region: str) -> Partition:
    """The partition that a region is of."""
    found = (other for prefix, other in OTHERS.items() if region.startswith(prefix))
    return next(found, AWS)
