"""Whether what the settings name by ARN is where the stack can use it."""

import re

from domain.regions import partition
from stacks.parsers import BUS_ARN, SettingError


def refuse_elsewhere(
    bus: str | None, bucket: str | None, key: str | None, region: str | None, account: str | None
) -> None:
    """Refuse ARNs of another region, account or partition than the stack's, where these are known.

    Raises:
        SettingError: a rule would be put on another bus of the same name, or no object be stored.
    """
    named = {"EVENT_BUS_ARN": bus, "S3_BUCKET_ARN": bucket, "S3_KMS_KEY_ARN": key}
    for name, arn in named.items():
        if arn and region:
            refuse_region(name, arn, region)
    found = bus and re.fullmatch(BUS_ARN, bus)
    if found and account and found["account"] != account:
        raise SettingError(
            f"EVENT_BUS_ARN={bus} is of another account than the stack, {account}: give a bus of "
            f"{account}, to which a rule on the other bus sends its events"
        )


def refuse_region(name: str, arn: str, region: str) -> None:
    """Refuse an ARN of another region or partition; a bucket's tells no region."""
    _, its_partition, service, its_region, _ = arn.split(":", 4)
    ours = partition(region).name
    if its_region not in ("", region):
        kinds = {"events": ("bus", "event-bus/shop"), "kms": ("key", "key/KEY_ID")}
        kind, resource = kinds[service]
        raise SettingError(
            f"{name}={arn} is in another region than the stack: give a {kind} in {region}, such as "
            f"arn:{ours}:{service}:{region}:123456789012:{resource}"
        )
    if its_partition != ours:
        right = arn.replace(its_partition, ours, 1)
        raise SettingError(f"{name}={arn} is none in {region}: give {right}")
