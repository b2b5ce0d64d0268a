"""The page of the results, section by section."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from bench.compare import Row
from stacks.bundle import PROJECT

RESULTS = Path(__file__).with_name("results.md")
HEADER = ["what", "measured: median (spread)", "over", "ratio", "to reach", "note"]
BREAK = "\n## "


def table(name: str, rows: list[Row]) -> Table:
    """A section for the terminal."""
    drawn = Table(*HEADER, title=name, title_justify="left")
    for row in rows:
        drawn.add_row(*row.cells())
    return drawn


def commit() -> str:
    """The commit that is measured."""
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.strip()


def write(sections: dict[str, list[Row]], measured: str, seconds: float) -> None:
    """Write all results."""
    head = (
        f"# Results of `make bench`\n\n{when(measured)}, in {seconds:.0f} seconds. "
        "Within a section everything was measured in turns in one run.\n"
    )
    told = BREAK.join([head, *map(section, sections, sections.values())])
    RESULTS.write_text(told, encoding="utf-8")


def replace(name: str, rows: list[Row]) -> None:
    """Write a section that was measured by itself in the place of what it was, or last."""
    head, *others = RESULTS.read_text(encoding="utf-8").split(BREAK)
    sections = {each.partition("\n")[0]: each for each in others}
    sections[name] = section(name, rows, f"By itself: {when(commit())}.")
    RESULTS.write_text(BREAK.join([head, *sections.values()]), encoding="utf-8")


def section(name: str, rows: list[Row], note: str = "") -> str:
    """A section, and of one that was measured by itself, when."""
    lines = [name, "", *([note, ""] if note else [])]
    lines += [f"| {' | '.join(HEADER)} |", "|" + " --- |" * len(HEADER)]
    lines += [f"| {' | '.join(row.cells())} |" for row in rows]
    return "\n".join(lines) + "\n"


def when(measured: str) -> str:
    """What was measured, when and where."""
    return f"Commit {measured}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}"


def machine() -> str:
    """This machine in a few words."""
    cores = len(os.sched_getaffinity(0))
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}"
