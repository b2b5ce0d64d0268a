"""What the page shows of stored objects: a page of them, an entity's states, and what one holds."""

import json
from collections import deque
from typing import Any

from accelerator.deployment import Deployment
from accelerator.executions.mask import hidden
from accelerator.objects.history import history
from accelerator.objects.listing import Stored, Wanted
from domain.keys import parse as parse_key
from domain.untrusted import parse

A_PAGE = 100
STATES = 100
NO_JSON = "This is no JSON, so that nothing in it can be masked: reveal it to read it."


def page(cloud: Deployment, prefix: str, after: str) -> dict[str, Any]:
    """`{"objects": [what each key says], "more": whether others follow}`, `after` another key."""
    listed = cloud.s3.list_objects_v2(
        Bucket=cloud.outputs.response_bucket_name, Prefix=prefix, StartAfter=after, MaxKeys=A_PAGE
    )
    found = listed.get("Contents", [])
    return {
        "objects": [told(each) for each in found],
        "more": listed["IsTruncated"],
    }


def told(listed: Any) -> dict[str, Any]:
    """What an object's key says; of one that is no stored response, the key alone."""
    name, size, key = listed["Key"], listed["Size"], parse_key(listed["Key"])
    return Stored.of(key, listed).told() if key else {"key": name, "size": size}


def timeline(cloud: Deployment, wanted: Wanted, reveal: bool) -> dict[str, Any]:
    """`{"states": the newest, with what changed, newest first, "count": of all that there are}`."""
    newest, count = deque[dict[str, Any]](maxlen=STATES), 0
    for state in history(cloud, wanted):
        newest.appendleft((state if reveal else state.masked()).told())
        count += 1
    return {"states": list(newest), "count": count}


def readable(content: bytes, reveal: bool) -> str:
    """An object's content as text: JSON indented, customer data masked unless revealed."""
    try:
        value = parse(content)
    except ValueError:
        return content.decode(errors="replace") if reveal else NO_JSON
    return json.dumps(value if reveal else hidden(value), indent=2, ensure_ascii=False)
