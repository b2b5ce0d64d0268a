"""README and CONTRIBUTING as a reader walks through them, from top to bottom, in a terminal."""

import fcntl
import json
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.harness.clone import cleared_environment, clone
from tests.harness.environment import PROJECT
from tests.harness.events import order
from tests.harness.local_cloud import is_free, our_processes
from tests.harness.not_typed import NOT_TYPED
from tests.harness.terminal import Terminal
from tests.integration.test_add_an_event_type import edit

README, CONTRIBUTING = "README.md", "CONTRIBUTING.md"
NEW_TYPE = "docs/add-an-event-type.md"
# What stands behind a prompt, or between backticks and begins like a command.
COMMAND = re.compile(
    r"^\$ (?P<typed>(?:.*\\\n)*.*)$"
    r"|`(?P<told>(?:make|accelerator|npx|pytest|pre-commit|\.) [\w.][^`\n]*)`",
    re.MULTILINE,
)
ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
# One that the API answers on the first redrive.
FLAKY = "flaky-4-walk"
# What is told of a query that is tried again.
AGAIN = r"QueryApi ×[2-4]"  # noqa: RUF001
SET_UP = r"^All is set up: '\. \.venv/bin/activate' "
# One that no document asks for.
FIELD = "giftNote"


def text_of(page: str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """A page's commands in their order, without comments; of README those of the blocks."""
    found = COMMAND.finditer(text_of(page))
    told = (each["typed"] or (each["told"] if page != README else None) for each in found)
    return [re.split(r"\s+# ", each)[0] for each in told if each]


def printed(page: str, command: str) -> str:
    """What a page says that a command prints."""
    _, _, after = text_of(page).partition(f"$ {command}\n")
    return after.partition("```")[0]


def asked(url: str, method: str = "GET") -> bytes:
    """What an address of this machine answers."""
    answer: bytes = build_opener(ProxyHandler({})).open(Request(url, method=method)).read()
    return answer


class Walk:
    """A reader with two terminals in a clone of the project, and what was seen so far."""

    def __init__(self, project: Path, environment: dict[str, str]) -> None:
        self.project = project
        self.terminal = Terminal(project, environment)
        self.other = Terminal(project, environment)
        # What stands in the pages for something that each reader has another of.
        self.instead: dict[str, str] = {}
        self.last_line = ""

    def run(self, command: str, code: int = 0, *patterns: str) -> str:
        """Type a command; it ends with this code and leaves these patterns, in turn, to read."""
        for given, own in self.instead.items():
            command = command.replace(given, own)
        self.terminal.type(command)
        ended, text = self.terminal.ended()
        assert ended == code, f"{command}\n{text}"
        place = 0
        for pattern in patterns:
            found = re.compile(pattern, re.MULTILINE).search(text, place)
            assert found, f"{command}: no {pattern} in\n{text[place:]}"
            place = found.end()
        return text

    def watch(self) -> None:
        """Have the other terminal show what happens."""
        self.other.type(". .venv/bin/activate")
        assert self.other.ended() == (0, "")
        self.other.type("accelerator watch --since 1h")
        self.other.read("on the local cloud")


Step = Callable[[Walk, str], object]


def shows(*patterns: str, code: int = 0) -> Step:
    """The command ends with this code, and leaves these patterns, in turn, to read."""
    return lambda walk, command: walk.run(command, code, *patterns)


def says_nothing(walk: Walk, command: str) -> None:
    assert walk.run(command) == ""


def demo(walk: Walk, command: str) -> None:
    told = printed(README, command)
    rows = re.findall(r"^  (\S.*?)  +RouteBy.*  (\S+)$", told, re.MULTILINE)
    walk.terminal.type(command)
    # Each event is in sight while it is not yet known how the one that is tried again ends.
    each = "(?s:.*)".join(rf"\n  {event} .*" for event, _ in rows)
    walk.terminal.see(rf"event +way +ended(?s:.*){each.replace('503 .*', r'503 .*[.]{3}')}")
    code, text = walk.terminal.ended()
    assert code == 0
    for step in re.findall(r"^✓ .*(?= \()", told, re.MULTILINE):
        assert step in text
    for event, end in rows:
        assert re.search(rf"^  {event} .* {end}$", text, re.MULTILINE), text
    *_, counts, advice, walk.last_line = text.splitlines()
    assert told.splitlines()[-3:] == [counts, advice, walk.last_line]


def up(walk: Walk, command: str) -> None:
    assert walk.last_line == f".venv/bin/{command}"
    text = walk.run(walk.last_line, 0, *(rf"^{each} +\S" for each in ("endpoint", "event_api")))
    address = re.search(r"^console +(\S+)$", text, re.MULTILINE)
    assert address
    assert b"<html" in asked(address[1])
    walk.watch()


def fire_many(walk: Walk, command: str) -> None:
    count = int(command.split()[-1])
    text = walk.run(command, 0, rf"^sent {count}$")
    for event_id in re.findall(ID, text):
        walk.other.read(rf" stored\s+{event_id}")
    assert len(re.findall(ID, text)) == count


def fire_failing(walk: Walk, command: str) -> None:
    """Beside the one that the page fires, one that passes when it is sent again."""
    walk.run(f"accelerator fire order --id {FLAKY}", 0, "^sent 1$")
    text = walk.run(command, 0, "^sent 1$")
    walk.other.read(AGAIN)
    (event_id,) = re.findall(ID, text)
    (told,) = re.findall(rf"^\$ accelerator trace ({ID})", text_of(README), re.MULTILINE)
    walk.instead[told] = event_id[:8]


def fire_own(walk: Walk, command: str) -> None:
    own = json.dumps(order("large-1"))
    (walk.project / command.split()[-1]).write_text(own, encoding="utf-8")
    walk.run(command, 0, "^sent 1$")
    walk.other.read("large-1.* stored")


def status(walk: Walk, command: str) -> None:
    _, _, told = walk.run(command).partition("\n")
    cloud = json.loads(told.replace("\n", " "))
    walk.instead["https://API_ID.execute-api.REGION.amazonaws.com/prod"] = cloud["event_api"]


def watch_failed(walk: Walk, command: str) -> None:
    walk.other.read(f"{FLAKY} .* failed")
    walk.other.read("error-503 .* failed")
    walk.other.read("failed +InvalidEvent")
    walk.terminal.type(command)
    walk.terminal.read(r"error-503 +\S+ s +failed +ApiUnavailable")
    code, text = walk.terminal.interrupt()
    assert (code, text[-13:]) == (130, "\ninterrupted\n")
    assert " stored" not in text


def watch_json(walk: Walk, command: str) -> None:
    walk.terminal.type(command)
    walk.terminal.read("on the local cloud")
    address = walk.instead["https://API_ID.execute-api.REGION.amazonaws.com/prod"]
    url = f"{address}/put-event/inventory?event-type=inventory"
    (event_id,) = json.loads(asked(url, "POST"))["eventIds"]
    walk.terminal.read(event_id)
    assert walk.terminal.interrupt()[0] == 130


def list_failures(walk: Walk, command: str) -> None:
    text = walk.run(command)
    listed = re.search(
        rf"^  ([0-9a-f]{{8}}) .* ApiUnavailable .*\n.* transient +{FLAKY}$", text, re.MULTILINE
    )
    assert listed, text
    assert "InvalidEvent" not in text
    (told,) = re.findall(r"^\$ accelerator failures show (\S+)", text_of(README), re.MULTILINE)
    walk.instead[told] = listed[1]


def redrive(walk: Walk, command: str) -> None:
    walk.run(command, 0, "^started 2, left 0$")
    walk.other.read(f"{FLAKY} .* stored")


def purge(walk: Walk, command: str) -> None:
    walk.terminal.type(command)
    walk.terminal.see(r"Delete \d failed events? on the local cloud for good\? \[y/N\]")
    walk.terminal.answer("y")
    code, text = walk.terminal.ended()
    assert (code, text.splitlines()[-1][:7]) == (0, "purged ")


def as_printed(walk: Walk, command: str) -> None:
    assert walk.run(command) == printed(README, command)


def put_event(walk: Walk, command: str) -> None:
    _, _, told = walk.run(command).partition("{")
    (event_id,) = json.loads("{" + told)["eventIds"]
    walk.other.read(rf" stored\s+{event_id}")


def help_of_make(walk: Walk, command: str) -> None:
    """Each target has a line."""
    told = [line.split()[:2] for line in walk.run(command).splitlines()]
    targets = re.findall(r"^([a-z]+):.*##", text_of("Makefile"), re.MULTILINE)
    assert told == [["make", target] for target in targets]


def up_with_the_edits(walk: Walk, command: str) -> None:
    """Make the page's edits, and ask for another field of an order, which the schema lacks.

    First with that mistake, then with ctrl-C on the way, then to the end; all on what is up.
    """
    assert walk.other.interrupt()[0] == 130
    edit(walk.project, str)
    add(walk.project / "graphql" / "singleOrder.graphql", "  order(orderId: $orderId) {", FIELD)
    before = walk.run("accelerator objects list")
    walk.run(command, 1, f"^error: graphql/singleOrder.graphql:3:5: Cannot query field '{FIELD}'")
    add(walk.project / "mock_api" / "schema.graphql", "type Order {", f"{FIELD}: String")
    walk.terminal.type(command)
    walk.terminal.see("Synthesizing")
    code, text = walk.terminal.interrupt()
    assert (code, text[-12:]) == (130, "interrupted\n")
    walk.run(command, 0, r"^endpoint +\S", r"^console +\S")
    assert walk.run("accelerator objects list") == before
    walk.other.type("accelerator watch --since 1h")


def fire_new(walk: Walk, command: str) -> None:
    """Send the new event, and one whose object is to have the new field."""
    walk.run(command, 0, "^sent 1$")
    walk.run("accelerator fire order --id large-2", 0, "^sent 1$")
    walk.other.read(r" stored\n(?s:.*)\n +subscription/SUBSCRIPTION_RENEWED/\S+_322-6XP3-AQWKKF_")
    key = walk.other.read(r" large-2 .* stored\n(?s:.*)\n +(order/ORDER_PLACED/\S+_large-2_\S+)")[1]
    walk.run(f"accelerator objects get {key} --reveal", 0, f'"{FIELD}": "some {FIELD}"')
    assert walk.other.interrupt()[0] == 130


def add(file: Path, line: str, following: str) -> None:
    """Add a line after one that is in a file."""
    text = file.read_text(encoding="utf-8")
    assert f"{line}\n" in text
    file.write_text(text.replace(f"{line}\n", f"{line}\n    {following}\n", 1), encoding="utf-8")


PAGES: dict[str, dict[str, Step]] = {
    README: {
        "make demo": demo,
        ". .venv/bin/activate": says_nothing,
        "accelerator up --console": up,
        "accelerator fire order --count 20": fire_many,
        "accelerator fire order --id error-503": fire_failing,
        "accelerator fire order --set detail.orderIdentifier.orderId=": shows("^sent 1$"),
        "accelerator fire --file event.json": fire_own,
        "accelerator status --json": status,
        "accelerator watch --status failed --since 1h": watch_failed,
        "accelerator watch --json": watch_json,
        "accelerator trace 19bdd20e-7380-4057-8ce5-008bd9fc5cd3": shows(
            "^ORDER_PLACED error-503 failed ApiUnavailable$",
            "^QueryApi Task, ",
            "attempt 4 after .*: ApiUnavailable: status 503$",
            "^EventFailed Fail$",
            rf"^message: accelerator failures show {ID}$",
        ),
        "make setup && . .venv/bin/activate": shows(SET_UP),
        "cp .env.example .env": says_nothing,
        "accelerator doctor": shows("^· local cloud: is up", "^✗ credentials: ", code=1),
        'curl -X POST -H "x-api-key: $key" '
        '"https://API_ID.execute-api.REGION.amazonaws.com/prod'
        '/put-event/order?event-type=order_placed"': put_event,
        "accelerator failures list --by error-code": shows(
            r"^  error-code +failures +oldest +such as$",
            r"^  ApiUnavailable +2 ",
            r"^  InvalidEvent +1 ",
        ),
        "accelerator failures list --error-code ApiUnavailable --newer-than 2h": list_failures,
        "accelerator failures show 5d276d16": shows(
            '"errorCode": "ApiUnavailable"', '"message": "status 503"', f'"orderId": "{FLAKY}"'
        ),
        "accelerator failures redrive --error-code ApiUnavailable --rate 10": redrive,
        "accelerator failures export failures.jsonl": shows(r"^exported [12]$"),
        "accelerator failures purge --exported failures.jsonl": purge,
        "accelerator cost --logs error": as_printed,
        "accelerator cost --rate 500": as_printed,
    },
    CONTRIBUTING: {
        "make setup": shows(SET_UP),
        ". .venv/bin/activate": says_nothing,
        "pre-commit install": shows("pre-commit installed at .git/hooks/pre-commit"),
        "make help": help_of_make,
    },
    NEW_TYPE: {
        "accelerator up": up_with_the_edits,
        "accelerator fire subscription_renewed": fire_new,
        "accelerator doctor": shows("^✓ event types: each has its branch", code=1),
    },
}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_typed_or_it_is_told_why_not(page: str) -> None:
    told = set(commands(page))
    assert told == PAGES[page].keys() | (told & NOT_TYPED.keys())


def test_what_is_not_typed_is_in_a_page_and_is_right() -> None:
    told = {command for page in PAGES for command in commands(page)}
    assert told >= NOT_TYPED.keys()
    for command, (_, is_right) in NOT_TYPED.items():
        assert is_right(command), command


@pytest.fixture
def busy_port() -> Iterator[int]:
    """The usual port, which is busy, while no other walk on this machine looks for the next."""
    lock = os.open(f"{tempfile.gettempdir()}/accelerator-tests-walk.lock", os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with ExitStack() as held:
        with suppress(OSError):
            held.enter_context(socket.create_server(("127.0.0.1", 4566)))
        yield 4566
    os.close(lock)


@pytest.fixture
def walk(tmp_path: Path, busy_port: int) -> Iterator[Walk]:
    project = clone(tmp_path / "clone")
    walk = Walk(project, cleared_environment(tmp_path / "home"))
    yield walk
    walk.terminal.close()
    walk.other.close()
    if (program := project / ".venv" / "bin" / "accelerator").exists():
        subprocess.run([program, "down"], env={}, check=True, capture_output=True)


def test_a_walk(walk: Walk, busy_port: int) -> None:
    assert not is_free(busy_port)
    before = files(walk.project)
    for page, steps in PAGES.items():
        for command in commands(page):
            if command in steps:
                steps[command](walk, command)
    walk.run("make clean", 0, r"^The local cloud is down\.$")
    made = {".env", "event.json", "failures.jsonl", "graphql/subscriptionOrder.graphql"}
    assert files(walk.project) - before <= made
    assert our_processes(walk.project) == []


def files(project: Path) -> set[str]:
    """The files of a project that are neither installed nor git's own, nor bytecode."""
    found = (file.relative_to(project) for file in project.rglob("*") if file.is_file())
    others = {".git", ".venv", "node_modules", "build", "__pycache__"}
    return {str(file) for file in found if not others & set(file.parts)}
