"""What the local cloud keeps on this machine hurts nobody, and is told of in a line if broken."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from accelerator import local_parts, state
from accelerator.cli import app, main
from accelerator.console.server import address
from accelerator.doctor import local_cloud_told
from accelerator.local_cloud import claim_state_dir, down
from accelerator.local_options import Options
from accelerator.local_parts import LocalCloud
from accelerator.problem import Problem
from accelerator.processes import Interrupted, Processes, started
from domain.names import STACK
from domain.outputs import Outputs, output_name
from stacks.settings import Settings
from tests.harness.local_cloud import keep_state_in

BROKEN = ["", "[", '{"region": "us-ea', "\0", "null", "[]", '"text"', "5", "[" * 100_000]
STATUS = {
    "region": "us-east-1",
    "access_key": "key",
    "endpoint": "http://127.0.0.1:1",
    "outputs": {"EventBusName": "bus"},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a local cloud's state that is not there yet."""
    return keep_state_in(tmp_path / "state", monkeypatch)


def test_a_deployment_that_ends_early_leaves_the_console_where_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: LocalCloud) -> None:
        raise Interrupted

    folder.mkdir()
    told = {output_name(each.name): "told" for each in fields(Outputs)}
    (folder / "outputs.json").write_text(json.dumps({STACK: told}))
    monkeypatch.setattr(local_parts, "STATUS_FILE", folder / "status.json")
    monkeypatch.setattr(local_parts, "OUTPUTS", folder / "outputs.json")
    monkeypatch.setattr(local_parts, "CDK_OUT", folder / "cdk.out")
    for name in ("_start_synthesis", "_deploy"):
        monkeypatch.setattr(LocalCloud, name, lambda _: None)
    monkeypatch.setattr(LocalCloud, "_buy_with_prime", lambda *_: {})
    monkeypatch.setattr(LocalCloud, "_with_console", interrupted)
    options, was = Options(1, 2, 3, console=True), STATUS | {"console": address(3, "token")}
    with pytest.raises(Interrupted):
        LocalCloud(options, Settings(), "us-east-1", nullcontext, {}, was).deploy_again()
    assert json.loads((folder / "status.json").read_text())["console"] == was["console"]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Somebody's process, leader of its group."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """The one line that a command ends with."""
    monkeypatch.setattr("accelerator.cli.interrupt_on_signals", lambda: None)
    monkeypatch.setattr("sys.argv", ["accelerator", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr().err
    assert (ended.value.code, shown.count("\n")) == (1, 1), shown
    return shown


def test_a_file_is_this_users_alone_and_replaced_as_a_whole(tmp_path: Path) -> None:
    file, before = tmp_path / "file", os.umask(0)
    try:
        state.write(file, {"is": "whole"})
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(TypeError):
        state.write(file, ["half", object()])
    assert state.read(file, None, "") == {"is": "whole"}


@pytest.mark.parametrize("text", [*BROKEN, '{"a": 1}', '{"outputs": {}}'])
@pytest.mark.parametrize("words", [("status",), ("fire", "order"), ("watch",)], ids=str)
def test_a_broken_status_is_one_line(
    folder: Path, capsys: Any, monkeypatch: Any, text: str, words: tuple[str, ...]
) -> None:
    folder.mkdir()
    (folder / "status.json").write_text(text)
    shown = told(capsys, monkeypatch, *words)
    assert "status.json is broken: stop the local cloud with 'accelerator down'" in shown


@pytest.mark.parametrize(
    "wrong",
    [{"region": 5}, {"outputs": ["bus"]}, {"outputs": {"EventBusName": 5}}, {"stranger": "x"}],
    ids=str,
)
def test_a_status_of_wrong_types_is_one_line(
    folder: Path, capsys: Any, monkeypatch: Any, wrong: dict[str, Any]
) -> None:
    folder.mkdir()
    (folder / "status.json").write_text(json.dumps(STATUS | wrong))
    assert "status.json is broken" in told(capsys, monkeypatch, "status")


def test_nothing_is_asked_of_a_local_cloud_that_is_dead(folder: Path) -> None:
    folder.mkdir()
    outputs = {output_name(each.name): "x" for each in fields(Outputs)}
    told = {"outputs": outputs, "endpoint": "http://127.0.0.1:1"}
    state.write(folder / "status.json", STATUS | told)
    ran = CliRunner().invoke(app, ["failures", "list"])
    assert "dead: local cloud: see" in str(ran.exception)
    assert str(ran.exception).endswith("'accelerator down' and 'up'")


@pytest.mark.parametrize(
    "dead", [[], ["local cloud"], ["mock Buy with Prime", "console"]], ids=", ".join
)
def test_status_says_which_parts_are_dead(folder: Path, dead: list[str]) -> None:
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as alive:
        parts = {
            "local cloud": "endpoint",
            "mock Buy with Prime": "event_api",
            "console": "console",
        }
        ports = {name: 1 if name in dead else alive.getsockname()[1] for name in parts}
        told = {key: f"http://127.0.0.1:{ports[name]}/#x" for name, key in parts.items()}
        outputs = {output_name(each.name): "x" for each in fields(Outputs)}
        state.write(folder / "status.json", STATUS | {"outputs": outputs} | told)
        as_json = CliRunner().invoke(app, ["status", "--json"]).stdout
        ran = CliRunner().invoke(app, ["status"])
        as_text = ran.stdout
        doctor_told = local_cloud_told()
    assert ran.exit_code == bool(dead)
    assert json.loads(as_json).get("dead", []) == dead
    lines = [line for line in as_text.splitlines() if line.startswith("dead ")]
    assert len(lines) == bool(dead)
    assert all(f"{', '.join(dead)}: see " in line for line in lines)
    mended = "'accelerator down' and 'up'" if "local cloud" in dead else "then 'accelerator up'"
    assert all(line.endswith(mended) for line in lines)
    assert (f"dead: {', '.join(dead)}: see" in doctor_told) == bool(dead)


def test_an_unreadable_status_is_one_line(folder: Path, capsys: Any, monkeypatch: Any) -> None:
    (folder / "status.json").mkdir(parents=True)
    assert "cannot be read (Is a directory): stop" in told(capsys, monkeypatch, "status")


@pytest.mark.parametrize(
    "text", [*BROKEN[:5], '{"a": 1}', "[1]", '[["1", "2", "3"]]', '[[1, "2"]]']
)
def test_broken_processes_are_one_line_and_nothing_is_removed(
    folder: Path, capsys: Any, monkeypatch: Any, text: str
) -> None:
    folder.mkdir()
    (folder / "processes.json").write_text(text)
    for command in ("down", "up"):
        shown = told(capsys, monkeypatch, command)
        assert "processes.json is broken: end what is left of the local cloud yourself" in shown
    assert (folder / "processes.json").read_text() == text


@pytest.mark.parametrize("start", ["1", ""])
def test_another_process_with_the_number_of_ours_is_left_alone(
    folder: Path, sleeper: subprocess.Popen[bytes], start: str
) -> None:
    folder.mkdir()
    state.write(folder / "processes.json", [[sleeper.pid, start, "sleep"]])
    assert not Processes(folder / "processes.json").any_alive()
    assert down()
    assert sleeper.poll() is None
    assert not folder.exists()


def test_a_group_whose_leader_is_gone_is_left_alone(tmp_path: Path) -> None:
    """Its number may be another's, whose leader ended too."""
    program = "import subprocess; subprocess.Popen(['sleep', '60'])"
    with subprocess.Popen([sys.executable, "-c", program], start_new_session=True) as leader:
        start = started(leader.pid)
        leader.wait()
    try:
        state.write(tmp_path / "file", [[leader.pid, start, "sleep"]])
        Processes(tmp_path / "file").stop()
        os.killpg(leader.pid, 0)
    finally:
        os.killpg(leader.pid, signal.SIGKILL)


def test_what_was_started_is_ended(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "file")
    process = processes.start(["sleep", "60"], os.environ, tmp_path, tmp_path / "log")
    assert Processes(tmp_path / "file").any_alive()
    Processes(tmp_path / "file").stop()
    assert not processes.any_alive()
    process.wait()
    assert started(process.pid) is None


def test_those_of_a_name_are_ended_and_others_are_not(tmp_path: Path) -> None:
    processes, command = Processes(tmp_path / "file"), ["sleep", "60"]
    one, other = (
        processes.start(command, os.environ, tmp_path, tmp_path / f"{name}.log")
        for name in ("a.part", "another")
    )
    processes.stop("a.part")
    one.wait()
    assert other.poll() is None
    processes.stop()
    other.wait()


def test_a_process_that_cannot_be_remembered_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def refuse(file: Path, data: list[tuple[int, str, str]]) -> None:
        begun.append(data[-1][0])
        raise Problem("the disk is full")

    monkeypatch.setattr(state, "write", refuse)
    with pytest.raises(Problem, match="the disk is full"):
        Processes(tmp_path / "file").start(["sleep", "60"], os.environ, tmp_path, tmp_path / "log")
    assert started(begun[0]) is None


def test_when_a_process_started_does_not_change(sleeper: subprocess.Popen[bytes]) -> None:
    assert started(sleeper.pid) == started(sleeper.pid) != started(os.getpid())
    assert started(2**22 + 1) is None


@pytest.mark.parametrize("made", [Path.mkdir, lambda folder: folder.with_name("other").mkdir()])
def test_a_folder_that_is_empty_or_not_there_is_taken(
    folder: Path, made: Callable[[Path], None]
) -> None:
    made(folder)
    claim_state_dir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert down()


def test_a_folder_of_something_else_is_not_removed(folder: Path) -> None:
    folder.mkdir()
    (folder / "mine").touch()
    assert not down()
    with pytest.raises(Problem, match="or the folder is another's"):
        claim_state_dir()
    assert (folder / "mine").exists()


def test_a_folder_that_cannot_be_made_is_one_line(folder: Path) -> None:
    folder.parent.rmdir()
    folder.parent.touch()
    with pytest.raises(Problem, match="cannot be"):
        claim_state_dir()


def test_a_folder_that_cannot_be_removed_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    claim_state_dir()
    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(Problem, match=r"state cannot be changed \(Permission denied\): correct"):
        down()
