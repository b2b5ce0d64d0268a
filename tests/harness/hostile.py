"""Events and answers that somebody would send to break things, and an API that answers them."""

import json
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from typing import Any

from domain.event_types import fired
from domain.untrusted import parse
from mock_api import events
from tests.harness.server import serving

# Stands in answers and in what is nobody's business; it may be found in stored objects alone.
CANARY = "canary-7f3a"
CONTROLS = "\x00\x07\x1b[31m\x9b\u202e\u2028\u200b"
IDS: list[Any] = [
    *(None, "", " ", 7, 1.5, True, [], ["x"], {}, {"x": 1}, "x" * 100_000, "\ud800", CONTROLS),
    *("../" * 20, "a/b", "%2e%2e", "${jndi:ldap://x}", '"}) { secrets } #', ":bomb:", "[red]x"),
    *("<script>alert(1)</script>", "'; DROP TABLE orders; --", "\r\nX-Injected: 1", "☕" * 200),
]
ITEMS: list[Any] = [[], "x", {"identifierType": 5}]


def deep(levels: int) -> str:
    """JSON of so many levels, which Python cannot read from about a thousand on."""
    return '{"a":' * levels + "1" + "}" * levels


def is_object(detail: str) -> bool:
    """Whether a detail can be read and told of again."""
    try:
        return isinstance(parse(detail), dict)
    except ValueError:
        return False


def order(order_id: Any, **detail: Any) -> dict[str, Any]:
    """An order event about any id."""
    return events.entry("order_placed", orderIdentifier={"orderId": order_id}, **detail)


def entries() -> list[dict[str, Any]]:
    """Entries of PutEvents, each of which a rule matches."""
    deeply = [order("322-F7BK-3EVJE7") for _ in (100, 400, 1_000, 5_000)]
    for entry, levels in zip(deeply, (100, 400, 1_000, 5_000), strict=True):
        entry["Detail"] = entry["Detail"][:-1] + f', "deep": {deep(levels)}}}'
    long = order("322-F7BK-3EVJE7")
    long["Detail"] = long["Detail"][:-1] + f', "long": {"9" * 5_000}}}'
    return [
        *map(order, IDS),
        *(events.entry("buyability", item=item) for item in ITEMS),
        *(events.entry("inventory", inventoryItemId=each) for each in IDS),
        *(events.entry(name, redrive={"attempt": 99, "id": "../x"}) for name in fired()),
        order("322-F7BK-3EVJE7", eventType="ORDER_PLACED", note=CONTROLS + CANARY),
        *deeply,
        long,
    ]


def answers() -> dict[str, tuple[int, bytes]]:
    """What the hostile API answers, by the id of what is asked for."""
    entity = {"id": "1", "email": CANARY}
    whole = json.dumps({"data": {"order": entity}}).encode()
    told = [
        (200, whole),
        (200, whole[:-1] + b', "extensions": {"x": 123456789012345678901234567890}}'),
        (200, b'{"data": {"order": {"x": "\\ud800", "y": "%s"}}}' % CANARY.encode()),
        (200, b'{"data": {"order": {"x": "%s"}}}' % (CANARY.encode() * 30_000)),
        (200, f'{{"data": {{"order": {deep(300)}}}}}'.encode()),
        (200, f'{{"data": {{"order": {deep(5_000)}}}}}'.encode()),
        (200, b'{"data": {"order": {"x": NaN}}}'),
        (200, b'{"data": {"order": {"x": %s}}}' % (b"9" * 5_000)),
        (200, b'{"data": null}'),
        (200, b'{"data": {"order": null}}'),
        (200, whole.decode().encode("utf-16")),
        (200, b"\xff\xfe" + whole),
        (200, b""),
        (200, b"[" * 100_000),
        (200, json.dumps({"data": {"order": entity}, "errors": [{"message": CANARY}]}).encode()),
        (200, json.dumps({"errors": [{"errorType": f"{CANARY} {CONTROLS}"}] * 1_000}).encode()),
        *((status, CANARY.encode()) for status in (100, 201, 204, 302, 400, 401, 403, 418, 429)),
        *((status, CANARY.encode()) for status in (500, 503, 599)),
    ]
    return {f"answer-{number}": answer for number, answer in enumerate(told)}


class HostileApi(BaseHTTPRequestHandler):
    """Answers what the id asks for; everything else with an order."""

    protocol_version = "HTTP/1.1"
    told = answers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        order_id = str(next(iter(body["variables"].values())))
        status, answer = self.told.get(order_id, self.told["answer-0"])
        self.send_response(status, CANARY)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Odd", CONTROLS.encode("ascii", "ignore").decode())
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def hostile_api() -> AbstractContextManager[str]:
    """The address of a hostile API."""
    return serving(HostileApi)
