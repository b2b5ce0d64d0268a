"""A command says where it acts before it does, and who is starting or stopping is not run into."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError
from typer.testing import CliRunner

from accelerator import change, deployment, doctor, local_cloud, local_options, local_parts, state
from accelerator.cli import app
from accelerator.commands import where
from accelerator.listening import free_port, is_listening, listen, ports
from accelerator.local_parts import wait_for
from accelerator.problem import Problem
from accelerator.processes import started
from domain.outputs import Outputs, output_name
from tests.harness.deployments import deployment as made_up
from tests.harness.local_cloud import keep_state_in

ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:HydrateEvent"
STATUS = {
    "region": "us-east-1",
    "access_key": "key",
    "endpoint": "http://127.0.0.1:1",
    "outputs": {output_name(each.name): "x" for each in fields(Outputs)},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a local cloud's state, with nothing up."""
    (tmp_path / "state").mkdir()
    return keep_state_in(tmp_path / "state", monkeypatch)


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """Another terminal's command."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def note(folder: Path, process: subprocess.Popen[bytes], what: str) -> None:
    state.write(change.file_of(folder), [process.pid, started(process.pid), what])


def on_aws(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> None:
    """Let the stack in the account be this, or looking for it raise this."""

    def found() -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(deployment, "aws_cloud", found)


def test_a_command_says_where_it_acts_on_standard_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = made_up(state_machine_arn=ARN)
    on_aws(monkeypatch, aws)
    assert where.connect(None) is aws
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"on AWS: account 123456789012, {aws.region}, EventAcceleratorStack\n"
    state.write(folder / "status.json", STATUS)
    where.found(None)
    assert capsys.readouterr().err == "on the local cloud\n"


def test_aws_is_chosen_beside_a_local_cloud_and_the_other_way_round(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_aws(monkeypatch, aws := made_up(state_machine_arn=ARN))
    with pytest.raises(Problem, match="the local cloud is not up: start it with 'accelerator up'"):
        deployment.connect(True)
    assert deployment.connect(None) is aws
    state.write(folder / "status.json", STATUS)
    assert deployment.connect(None).is_local
    assert deployment.connect(True).is_local
    assert deployment.connect(False) is aws


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoRegionError(), "On AWS: no region is configured: set AWS_REGION"),
        (NoCredentialsError(), "On AWS: no credentials are configured: give some"),
        (
            ClientError({"Error": {"Message": "no such stack"}}, "DescribeStacks"),
            "no such stack (deploy it with 'npx cdk deploy --all'",
        ),
    ],
    ids=["region", "credentials", "stack"],
)
def test_where_neither_is_there_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def refuse() -> Any:
        raise error

    monkeypatch.setattr(deployment, "aws_session", refuse)
    if isinstance(error, ClientError):
        cloud = type("Cloud", (), {"describe_stacks": lambda *_, **__: refuse()})()
        session = type("Session", (), {"region_name": "eu-west-1", "client": lambda *_: cloud})()
        monkeypatch.setattr(deployment, "aws_session", lambda: session)
    with pytest.raises(Problem) as problem:
        deployment.connect()
    assert "no local cloud is up: start one with 'accelerator up'" in str(problem.value)
    assert told in str(problem.value)
    with pytest.raises(Problem) as problem:
        deployment.connect(False)
    assert "accelerator up" not in str(problem.value)


@pytest.mark.parametrize("what", [change.STARTED, change.DEPLOYED, change.STOPPED])
def test_all_agree_while_another_terminal_starts_or_stops(
    folder: Path, monkeypatch: pytest.MonkeyPatch, other: subprocess.Popen[bytes], what: str
) -> None:
    on_aws(monkeypatch, AssertionError("what is being started is meant, not AWS"))
    note(folder, other, what)
    told = f"the local cloud is being {what}"
    for local in (None, True):
        with pytest.raises(Problem, match=told):
            deployment.connect(local)
    with pytest.raises(Problem, match=told):
        local_cloud.up()
    assert told in doctor.local_cloud_told()
    other.kill()
    other.wait()
    assert "is not up" in doctor.local_cloud_told()


def test_down_ends_a_start_and_waits_for_it(folder: Path) -> None:
    """The one that starts removes what it has begun, as it does when it is interrupted."""
    program = """
import shutil, signal, sys
def end(*_):
    shutil.rmtree(sys.argv[1])
    sys.exit(130)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
signal.pause()
"""
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        starter.stdout.readline()
        state.write(folder / "processes.json", [])
        note(folder, starter, change.STARTED)
        # It is waited for by its system's table, from which a child goes when it is reaped.
        signal.signal(signal.SIGCHLD, lambda *_: starter.poll())
        try:
            assert local_cloud.down()
            assert starter.poll() == 130
        finally:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            starter.kill()
    assert not folder.exists()


def test_two_deployments_at_once_are_one_line(folder: Path) -> None:
    """The second may have looked before the first noted what it does."""
    with change.alone(folder):
        with pytest.raises(Problem, match="being deployed again just now: wait"):
            change.alone(folder).__enter__()
        # Whoever comes later is told by the note.
        assert change.another(folder) is None
        assert state.read(change.file_of(folder), None, "")[2] == change.DEPLOYED
    assert not change.file_of(folder).exists()
    with change.alone(folder):
        pass


def test_a_start_of_this_very_process_is_nobody_elses(folder: Path) -> None:
    change.begin(folder, change.STARTED)
    assert change.changing(folder) is None
    assert os.getpid() in state.read(change.file_of(folder), None, "")
    change.end(folder)
    assert not change.file_of(folder).exists()


def test_the_purge_is_confirmed_by_where_it_purges(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = made_up(state_machine_arn=ARN)
    on_aws(monkeypatch, aws)
    one = type("Failure", (), {"id": "one"})
    monkeypatch.setattr("accelerator.commands.failures.look", lambda *_: Looked([one]))
    ran = CliRunner().invoke(app, ["failures", "purge", "--all", "--aws"], input="n\n")
    assert "Delete 1 failed event on AWS: account 123456789012" in ran.output
    assert ran.exit_code == 1


class Looked(list[Any]):
    """A look at failures."""

    depth = 1

    def __enter__(self) -> "Looked":
        return self

    def __exit__(self, *_: object) -> None:
        """End."""


def test_what_a_port_is_wanted_for_is_told_where_it_is_busy_or_wanted_twice(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(Problem, match=f"port {port} is busy: free it, .* with --mock-port"):
            listen("--mock-port", port)
    for words in (
        ("--port", "4666", "--mock-port", "4666"),
        ("--console", "--mock-port", "4666", "--console-port", "4666"),
    ):
        refused = CliRunner().invoke(app, ["up", *words])
        assert "are both 4666: choose another for one" in str(refused.exception)


def test_a_part_that_ends_is_not_taken_for_whoever_answers_on_its_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket is the part's from the beginning: with the part its connections end."""
    with listen("--mock-port", 0) as listening:
        port = listening.getsockname()[1]
        command = [sys.executable, "-c", "pass"]
        part = subprocess.Popen(command, pass_fds=[listening.fileno()])
        with pytest.raises(OSError, match="in use"):
            socket.create_server(("127.0.0.1", port))
    part.wait()
    assert not is_listening(port)
    monkeypatch.setattr(local_parts, "STATE_DIR", tmp_path)
    (tmp_path / "a_part.log").touch()
    with pytest.raises(Problem, match="a_part did not start: no output"):
        wait_for(part, f"http://127.0.0.1:{port}/", "a_part")


def test_options_that_are_given_replace_those_it_is_up_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_options, "OPTIONS", tmp_path / "options.json")
    monkeypatch.setattr("accelerator.listening.is_listening", {6}.__contains__)
    local_options.Options(1, 2, 3, sandbox=True).keep()
    again = local_options.kept_options().but(mock_port=5, sandbox=False, console=True, port=None)
    assert again == local_options.Options(1, 5, 3, sandbox=True, console=True)
    # A console that is new leaves a port that another serves by now, unless that one is given.
    up = local_options.Options(1, 2, 6)
    assert up.but(console=True).console_port == 7
    assert up.but(console=True, console_port=6).console_port == 6
    assert local_options.Options(1, 2, 6, console=True).but(console=True).console_port == 6
    (tmp_path / "options.json").write_text("[]")
    with pytest.raises(Problem, match=r"options\.json is broken: stop the local cloud"):
        local_options.kept_options()


def test_a_busy_port_is_passed_over_by_what_any_port_will_do_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        found = free_port(port)
        assert found > port
        assert free_port(port, found) > found
    assert free_port(port) == port


def test_ports_that_are_not_given_are_the_next_that_nobody_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("accelerator.listening.is_listening", {4566, 4567}.__contains__)
    assert ports(None, None, None) == [4568, 4569, 4570]
    assert ports(None, 4568, None) == [4569, 4568, 4570]
    assert ports(4566, None) == [4566, 4568]
