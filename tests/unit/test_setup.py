"""`setup.sh` installs what is missing and mends what is broken, or says in a line what to do."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
FILES = ("setup.sh", "pyproject.toml", "uv.lock", "package.json", "package-lock.json")
# Stand-ins that note how they are called, and make what the real ones would, or fail.
PYTHON = """#!/bin/sh
echo "python $*" >> "$CALLS"
case "$*" in
  *venv*) [ -z "${NO_VENV:-}" ] || { echo "Error: ensurepip is not available" >&2; exit 1; }
    rm -rf .venv; mkdir -p .venv/bin .venv/lib; cp "$0" .venv/bin/python;;
  *"pip install"*) cp "$UV" .venv/bin/uv;;
esac
"""
UV = """#!/bin/sh
echo "uv $*" >> "$CALLS"
case "$*" in
  *" venv "*) mkdir -p .venv/bin .venv/lib; cp "$STUB" .venv/bin/python;;
  *"pip install"*) cp "$UV" .venv/bin/uv;;
  *sync*) touch .venv/lib/one; [ -z "${INTERRUPTED:-}" ] || kill -TERM 0
    touch .venv/lib/other .venv/bin/accelerator;;
esac
"""
NPM = """#!/bin/sh
echo "npm $*" >> "$CALLS"
rm -rf node_modules; mkdir node_modules; touch node_modules/cdk node_modules/other
"""


class Machine:
    """A copy of the project on a machine with these programs alone."""

    def __init__(self, folder: Path) -> None:
        self.project, self.programs = folder / "project", folder / "programs"
        self._calls = folder / "calls"
        self.project.mkdir()
        self.programs.mkdir()
        for name in FILES:
            shutil.copy(PROJECT / name, self.project)
        for name, text in {"python3": PYTHON, "npm": NPM, "stub-uv": UV}.items():
            program = self.programs / name
            program.write_text(text)
            program.chmod(0o755)

    def setup(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it."""
        with self.begin(**environment) as running:
            told, problem = running.communicate()
        return subprocess.CompletedProcess(running.args, running.returncode, told, problem)

    def begin(self, **environment: str) -> subprocess.Popen[str]:
        """Run it, and go on meanwhile."""
        self._calls.write_text("")
        return subprocess.Popen(
            ["sh", self.project / "setup.sh"],
            env={
                "PATH": f"{self.project}/.venv/bin:{self.programs}:/usr/bin:/bin",
                "CALLS": str(self._calls),
                "UV": str(self.programs / "stub-uv"),
                "STUB": str(self.programs / "python3"),
                "PYTHON": str(self.programs / "python3"),
            }
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def called(self, *words: str) -> bool:
        """Whether something was called with these words in the last run."""
        return any(
            all(word in line for word in words) for line in self._calls.read_text().splitlines()
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which it was set up."""
    machine = Machine(tmp_path)
    ran = machine.setup()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Installing the Python packages" in ran.stdout
    assert "Installing the CDK" in ran.stdout
    return machine


def test_what_is_there_is_not_installed_again(machine: Machine) -> None:
    ran = machine.setup()
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not machine.called("venv")
    assert not machine.called("npm")


@pytest.mark.parametrize(
    ("gone", "mended"),
    [
        (".venv/lib/other", ("python", "venv")),
        (".venv/bin", ("python", "venv")),
        (".venv", ("python", "venv")),
        ("node_modules/cdk", ("npm", "ci")),
        ("node_modules", ("npm", "ci")),
    ],
)
def test_what_was_deleted_is_mended(machine: Machine, gone: str, mended: tuple[str, str]) -> None:
    path = machine.project / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert machine.setup().returncode == 0
    assert machine.called(*mended)
    assert path.exists()
    assert machine.setup().stdout == ""


def test_an_interrupt_is_mended_by_the_next(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.setup(INTERRUPTED="yes").returncode == 130
    assert (machine.project / ".venv/lib/one").exists()
    assert not (machine.project / ".venv/lib/other").exists()
    assert machine.setup().returncode == 0
    assert (machine.project / ".venv/lib/other").exists()
    assert machine.setup().stdout == ""


def test_what_another_terminal_sets_up_is_waited_for(machine: Machine) -> None:
    shutil.rmtree(machine.project / ".venv")
    with (machine.project / "setup.sh").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with machine.begin() as waiting:
            assert waiting.stdout is not None
            assert "Another terminal sets this up just now" in waiting.stdout.readline()
            assert not machine.called("venv")
            fcntl.flock(held, fcntl.LOCK_UN)
            assert "Making a virtual environment" in waiting.communicate()[0]
    assert waiting.returncode == 0
    assert machine.called("uv", "sync")


def test_a_changed_lock_brings_it_up_to_date_without_starting_anew(machine: Machine) -> None:
    os.utime(machine.project / "uv.lock", (2**31, 2**31))
    machine.setup()
    assert machine.called("uv", "sync")
    assert not machine.called("venv", "--clear")


def test_a_folder_that_was_moved_is_installed_anew(machine: Machine, tmp_path: Path) -> None:
    """Its programs name the place where they were made."""
    machine.project = machine.project.rename(tmp_path / "moved")
    assert machine.setup().returncode == 0
    assert machine.called("venv", "--clear")


def test_a_python_without_venv_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    ran = machine.setup(NO_VENV="yes")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "cannot make a virtual environment: install its venv and pip" in ran.stderr
    assert not (machine.project / ".venv").exists()
    assert machine.setup().returncode == 0


def test_a_python_without_venv_is_helped_by_uv(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (machine.programs / "stub-uv").rename(machine.programs / "uv")
    ran = machine.setup(NO_VENV="yes", UV=str(machine.programs / "uv"))
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_python_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    ran = Machine(tmp_path).setup(PYTHON="python9.9")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "Python 3.11 to 3.14 is needed" in ran.stderr
