"""Every command of the README that needs no AWS account does what it says, in its order."""

import json
import os
import re
import select
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

from accelerator.deployment import Deployment, local_cloud
from accelerator.executions.source import source
from mock_api.event_api import put_events
from mock_api.events import entry
from tests.harness.environment import PATIENCE_SECONDS
from tests.harness.events import order
from tests.harness.local_cloud import ACCELERATOR, accelerator, clean_environment, wait_until

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line.split("#")[0])
    for line in re.findall(r"^\$ accelerator (.+)$", README, re.MULTILINE)
]
# These ask an AWS account, and say so where there is none.
FOR_AWS = {"doctor"}
ENDLESS = {"watch"}


def test_every_command_of_the_readme(tmp_path: Path, nothing_up: object) -> None:
    environment = clean_environment() | {"SFN_WAIT_SCALE": "0.1"}
    assert COMMANDS[0][0] == "up"
    ids: dict[str, str] = {}
    for words in COMMANDS:
        given = [ids.get(word, word) for word in words]
        if words[0] in ENDLESS:
            assert interrupted(given, environment) == 130
            continue
        ran = accelerator(*purge_at_once(given), environment=environment, check=False)
        expected = 1 if words[0] in FOR_AWS else 0
        assert ran.returncode == expected, (words, ran.stderr)
        if words[0] == "up":
            ids = known_ids(local_cloud(), tmp_path)


def purge_at_once(words: list[str]) -> list[str]:
    """The command, without a question where it would ask one."""
    return [*words, "--yes"] if words[:2] == ["failures", "purge"] else words


def interrupted(words: list[str], environment: dict[str, str]) -> int:
    """The exit code of a command that goes on until ctrl-C, once it has shown something."""
    cloud = local_cloud()
    with subprocess.Popen(
        [ACCELERATOR, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        # It may show only what happens from now on.
        while not select.select([process.stdout], [], [], 1)[0]:
            put_events(cloud.events, cloud.outputs.event_bus_name, [failing()])
        os.kill(process.pid, signal.SIGINT)
        return process.wait(PATIENCE_SECONDS)


def failing() -> dict[str, Any]:
    """An event that fails at once."""
    return entry("order_placed", "error-graphql")


def known_ids(cloud: Deployment, folder: Path) -> dict[str, str]:
    """What stands in the README for ids, with ids that there are: of an event and of a failure."""
    bus = cloud.outputs.event_bus_name
    (event_id,) = put_events(cloud.events, bus, [failing()])
    executions = source(cloud)
    wait_until(lambda: any(each.outcome == "failed" for each in executions.changed()))
    (event,) = re.findall(r"accelerator trace (\S+)", README)
    (failure,) = re.findall(r"accelerator failures show (\S+)", README)
    listed = accelerator("failures", "list", "--json").stdout
    own = folder / "event.json"
    own.write_text(json.dumps(order()), encoding="utf-8")
    return {
        own.name: str(own),
        event: event_id,
        failure: re.findall(r'"id": "([^"]{8})', listed)[0],
        "failures.jsonl": str(folder / "failures.jsonl"),
    }
