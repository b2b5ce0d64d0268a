"""An order's life on the local cloud: its states are followed, then forgotten whole."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from accelerator.deployment import Deployment
from domain.keys import Key
from tests.harness.local_cloud import QUICK, accelerator, cloud_of, stored_ids, wait_until
from tests.harness.server import serving

ORDER, OTHER = "322-F7BK-3EVJE7", "322-6XP3-AQWKKF"
NOON = datetime(2026, 11, 24, 12)
PENS, INK = {"id": "pens", "quantity": 2}, {"id": "ink", "quantity": 1}
STATES: list[dict[str, Any]] = [
    {"id": ORDER, "state": "PLACED", "lineItems": [PENS, INK]},
    {"id": ORDER, "state": "PAID", "lineItems": [INK, PENS], "payment": {"name": "Ada"}},
    {"id": ORDER, "state": "PAID", "lineItems": [PENS | {"quantity": 3}]},
]
CHANGES = [
    None,
    [
        ("data.order.state", "changed"),
        ("data.order.lineItems.[ink]", "moved"),
        ("data.order.payment", "added"),
    ],
    [
        ("data.order.lineItems.[ink]", "removed"),
        ("data.order.lineItems.[pens].quantity", "changed"),
        ("data.order.payment", "removed"),
    ],
]
now: list[dict[str, Any]] = []


class Api(BaseHTTPRequestHandler):
    """Answers any order as it is now."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"data": {"order": now[-1]}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    with serving(Api) as address, cloud_of(**QUICK, MOCK_BWP_API=address) as cloud:
        yield cloud


def history(*options: str) -> list[dict[str, Any]]:
    lines = accelerator("history", "order", ORDER, "--json", *options).stdout.splitlines()
    return [json.loads(line) for line in lines]


def fire(cloud: Deployment, name: str, state: dict[str, Any], entity_id: str = ORDER) -> None:
    now.append(state)
    sent = set(accelerator("fire", name, "--id", entity_id).stdout.split())
    wait_until(lambda: sent <= stored_ids(cloud))


def exported(folder: Path) -> dict[str, Any]:
    """What is in the files of a folder, by their keys."""
    found = (each for each in folder.rglob("*") if each.is_file())
    return {
        str(each.relative_to(folder)): json.loads(each.read_text())["data"]["order"]
        for each in found
    }


def test_an_orders_states_are_followed_exported_and_then_forgotten(
    cloud: Deployment, tmp_path: Path
) -> None:
    names = ("order_placed", "order_updated", "order_refund_success")
    for name, state in zip(names, STATES, strict=True):
        fire(cloud, name, state)
    fire(cloud, "order_placed", {"id": OTHER}, OTHER)
    told = history("--full", "--reveal")
    changes = [
        each["changes"] and [(change["path"], change["what"]) for change in each["changes"]]
        for each in told
    ]
    assert changes == CHANGES
    assert [each["state"]["data"]["order"] for each in told] == STATES
    assert {each["metadata"]["entity-id"] for each in told} == {ORDER}
    assert [each["metadata"]["event-id"] for each in told] == [each["eventId"] for each in told]
    assert "Ada" not in accelerator("history", "order", ORDER, "--full").stdout

    export = ("objects", "export", str(tmp_path), "--entity", "order", "--id", ORDER)
    assert accelerator(*export).stdout == "exported 3, unchanged 0, left 0\n"
    assert exported(tmp_path) == dict(zip((each["key"] for each in told), STATES, strict=True))
    assert accelerator(*export).stdout == "exported 0, unchanged 3, left 0\n"

    receipt = json.loads(accelerator("forget", "order", ORDER, "--yes", "--json").stdout)
    assert {each["key"] for each in receipt["deleted"]} == {each["key"] for each in told}
    assert receipt["complete"]
    left: Any = cloud.s3.list_object_versions(Bucket=cloud.outputs.response_bucket_name)
    (kept,) = left["Versions"]
    assert OTHER in kept["Key"]
    assert not left.get("DeleteMarkers")
    assert history() == []
    assert "nothing is stored of order" in accelerator("history", "order", ORDER).stderr


def test_of_a_bucket_whose_versioning_is_suspended_nothing_is_left(cloud: Deployment) -> None:
    bucket, entity_id = cloud.outputs.response_bucket_name, "322-SUSPENDED"
    keys = [str(Key("order", "T", NOON, entity_id, f"event-{number}")) for number in range(3)]

    def put(key: str) -> None:
        cloud.s3.put_object(Bucket=bucket, Key=key, Body=b"{}")

    for key in keys:
        put(key)
    cloud.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    put(keys[0])
    cloud.s3.delete_object(Bucket=bucket, Key=keys[1])
    receipt = json.loads(accelerator("forget", "order", entity_id, "--yes", "--json").stdout)
    gone = Counter(each["key"] for each in receipt["deleted"])
    assert gone == {keys[0]: 2, keys[1]: 2, keys[2]: 1}
    left: Any = cloud.s3.list_object_versions(Bucket=bucket)
    assert entity_id not in str([left.get("Versions"), left.get("DeleteMarkers")])
