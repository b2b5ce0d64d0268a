"""The command line as a whole: options mean the same everywhere, and mistakes are answered."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from accelerator.cli import app, main

ACCELERATOR = Path(sys.executable).with_name("accelerator")
LISTING = {
    "subscriptions list",
    "status",
    "watch",
    "fire",
    "trace",
    "doctor",
    "cost",
    "demo",
    "failures list",
    "objects list",
    "objects export",
    "history",
    "forget",
}


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its whole name."""

    def under(command: Any, path: list[str]) -> Iterator[tuple[str, Any]]:
        for name, child in getattr(command, "commands", {}).items():
            if hasattr(child, "commands"):
                yield from under(child, [*path, name])
            else:
                yield " ".join([*path, name]), child

    return under(get_command(app), [])


COMMANDS = dict(commands())


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, piped, without AWS credentials or a local cloud."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run(
        [ACCELERATOR, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_an_option_means_the_same_for_every_command() -> None:
    meanings = defaultdict(set)
    for command in COMMANDS.values():
        for parameter in command.params:
            if parameter.param_type_name == "option":
                for option in parameter.opts:
                    meanings[option].add((parameter.help, parameter.is_flag))
    assert {option: found for option, found in meanings.items() if len(found) > 1} == {}


def test_everything_that_is_listed_can_be_had_as_json() -> None:
    with_json = {
        name
        for name, command in COMMANDS.items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert with_json == LISTING


def test_a_command_that_is_mistyped_is_answered_with_the_near_one() -> None:
    result = CliRunner().invoke(app, ["wach"])
    assert result.exit_code == 2
    assert "Did you mean 'watch'?" in result.output


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--help",), 0, "Exit codes: 0 done, 1 a problem or something left, 2 wrong usage"),
        (("cost", "--json"), 0, "Event accelerator"),
        (("fire",), 2, "Missing argument"),
        (("failures", "purge", "--all", "--local", "--aws"), 2, "error: --local and --aws are two"),
        (("watch", "--status", "lost"), 2, "'lost' is not one of"),
        (("watch", "--since", "soon"), 2, "soon is no duration: give one such as"),
        (("objects", "list", "--since", "3651d"), 2, "of 3650d at the most"),
        (("history", "order", "322", "--since", f"{'9' * 5000}d"), 2, "Invalid value"),
        (("fire", "order", "--local"), 1, "error: the local cloud is not up: start it with"),
        (("console", "--local"), 1, "error: the local cloud is not up: start it with"),
        (("replay", "--from", "[/]", "--to", "now"), 1, "error: [/] is no time: give one such as"),
        (("trace", "an-event", "--local"), 1, "error: the local cloud is not up: start it with"),
    ],
)
def test_exit_codes_and_one_line_for_a_mistake(
    arguments: tuple[str, ...],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("accelerator.deployment.STATUS_FILE", tmp_path / "status.json")
    monkeypatch.setattr("accelerator.cli.interrupt_on_signals", lambda: None)
    monkeypatch.setattr("sys.argv", ["accelerator", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = "".join(capsys.readouterr())
    assert ended.value.code == code
    assert told in " ".join(shown.split())
    assert "Traceback" not in shown


@pytest.mark.slow
def test_there_is_no_colour_in_a_pipe() -> None:
    assert "\x1b[" not in run("cost").stdout + run("--help").stdout + run("watch", "--no").stderr


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands(shell: str) -> None:
    variable = {"bash": "COMP_WORDS", "zsh": "_TYPER_COMPLETE_ARGS", "fish": "_TYPER_COMPLETE_ARGS"}
    environment = {
        "PATH": os.environ["PATH"],
        "_ACCELERATOR_COMPLETE": f"complete_{shell}",
        variable[shell]: "accelerator failu",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    ran = subprocess.run(
        [ACCELERATOR], env=environment, capture_output=True, text=True, check=False
    )
    assert "failures" in ran.stdout


@pytest.mark.slow
def test_doctor_tells_its_findings_as_json() -> None:
    ran = run("doctor", "--json")
    findings = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert {finding["name"] for finding in findings} >= {"Node.js", "settings", "credentials"}
    assert not next(f for f in findings if f["name"] == "credentials")["well"]


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_line_of_help_ends_where_no_other_word_fits(name: str) -> None:
    wide = {"COLUMNS": "400", "TERMINAL_WIDTH": "400"}
    shown = CliRunner().invoke(app, [*name.split(), "-h"], env=wide).stdout
    words = [line.strip() for line in shown.split("╭")[0].splitlines() if line.strip()]
    paragraphs = (COMMANDS[name].help or "").split("\n\n")
    assert words[1:] == [" ".join(each.split()).replace("`", "") for each in paragraphs]


def test_help_and_version_are_asked_for_as_usual() -> None:
    runner = CliRunner()
    for arguments in (["-h"], ["failures", "list", "-h"], ["--help"]):
        result = runner.invoke(app, arguments)
        assert (result.exit_code, "Usage:" in result.output) == (0, True)
    told = runner.invoke(app, ["--version"])
    assert (told.exit_code, told.output) == (
        0,
        f"accelerator {version('enterprise-event-accelerator')}\n",
    )
