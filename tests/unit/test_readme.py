"""The README and the docs name only what is there."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from accelerator.cli import app
from mock_api import faults
from tests.harness.docs import PAGES as WRITTEN
from tests.harness.docs import env_example, written
from tests.harness.samples import FOLDER, samples

PROJECT = Path(__file__).parents[2]
PAGES = [
    PROJECT / "README.md",
    *(PROJECT / f"{name}.md" for name in ("CONTRIBUTING", "CHANGELOG", "SECURITY")),
    PROJECT / "bench" / "results.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
]
COMMAND = get_command(app)
README = PAGES[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_one(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"(?:^\$ |`)make ([a-z]+)", text, re.MULTILINE):
        assert target in targets
    for command in re.findall(r"(?:^\$ |`)accelerator ([a-z-]+(?: [a-z]+)?)", text, re.MULTILINE):
        assert_command(command.split())


def assert_command(words: list[str]) -> None:
    """The words lead to a command; what follows a command is its argument."""
    command: object = COMMAND
    for word in words:
        children = getattr(command, "commands", None)
        if children is None:
            return
        assert word in children, words
        command = children[word]


@pytest.mark.slow
def test_every_command_has_an_example() -> None:
    def check(command: object, path: list[str]) -> None:
        for name, child in getattr(command, "commands", {}).items():
            check(child, [*path, name])
        if not hasattr(command, "commands"):
            help_text = CliRunner().invoke(app, [*path, "--help"]).output
            assert f"Example: accelerator {' '.join(path)}" in " ".join(help_text.split())

    check(COMMAND, [])


def test_every_state_is_in_the_picture() -> None:
    asl = json.loads((PROJECT / "state_machines" / "hydrate_event.asl.json").read_text())
    named = {name for name, state in asl["States"].items() if not name.startswith("Hydrate")}
    assert {name for name in named if name not in README} == set()


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_what_is_generated_is_of_now(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert written(page) == text, "run 'make docs'"
    assert "-->\n<!-- end -->" not in text
    assert "(0)" not in text


def test_the_example_configuration_is_of_now() -> None:
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    assert example == env_example(), "run 'make docs'"


def test_the_samples_are_of_now() -> None:
    made = samples()
    assert {each: each.read_text(encoding="utf-8") for each in made} == made, "run 'make docs'"
    assert {each for each in FOLDER.rglob("*") if each.is_file()} == made.keys()


def test_every_folder_is_in_the_map() -> None:
    code = {file.parts[0] for file in map(Path, tracked()) if len(file.parts) > 1}
    folders = {name for name in code if not name.startswith(".")}
    assert {name for name in folders if f"[`{name}/`]({name})" not in README} == set()


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return listed.stdout.splitlines()


def test_the_magic_ids_are_the_mocks() -> None:
    table = (faults.__doc__ or "").split("\n\n")[1].strip()
    assert table in README
