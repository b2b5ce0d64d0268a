"""`python -m bench`: every comparison in one run, as a table and as `bench/results.md`."""

import json
import os
import platform
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from accelerator.mock_server import server
from bench import build, cold, failures, state, throughput, warm
from bench.compare import Row
from bench.inputs import INPUTS
from bench.served import served
from stacks.bundle import PROJECT
from stacks.functions import COMPUTING_MB, WAITING_MB
from tests.harness.environment import PutEvents, unused_port

RESULTS = Path(__file__).with_name("results.md")
MEASURED = PROJECT / "accelerator" / "cost" / "measured.json"
HEADER = ["what", "measured: median (spread)", "over", "ratio", "to reach", "note"]
console = Console(highlight=False)


def main() -> None:
    """Measure everything, show it, and write it down."""
    started, measured = time.monotonic(), commit()
    sections: dict[str, list[Row]] = {}

    def add(name: str, rows: list[Row]) -> None:
        sections[name] = rows
        console.print(table(name, rows))

    with served() as environment:
        add("Warm", warm.measure(environment))
        add("Bundles", cold.measure_sizes())
        add("Cold start", cold.measure(environment))
        add("Imports", cold.measure_imports(environment))
        add("Memory", cold.measure_memory(environment))
        log_bytes = {name: warm.log_bytes(name, environment) for name in INPUTS}
    add("State machine", measure_state())
    add("Throughput on the local cloud", throughput.measure())
    add("Failures by the thousand", failures.measure())
    add("Build and start", build.measure())
    write(sections, measured, time.monotonic() - started)
    remember(sections, measured, log_bytes)


def measure_state() -> list[Row]:
    """The state machine's figures, with a mock API in this process."""
    port = unused_port()
    api = server(port, PutEvents(), "the-bus")
    thread = threading.Thread(target=api.run, daemon=True)
    thread.start()
    while not api.started:
        time.sleep(0.01)
    try:
        return state.measure(f"http://127.0.0.1:{port}")
    finally:
        api.should_exit = api.force_exit = True
        thread.join(5)


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
    """Write the results as a page."""
    lines = [
        "# Results of `make bench`",
        "",
        f"Commit {measured}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}, "
        f"in {seconds:.0f} seconds. Within a section everything was measured in turns in one run.",
    ]
    for name, rows in sections.items():
        lines += ["", f"## {name}", "", f"| {' | '.join(HEADER)} |", "|" + " --- |" * len(HEADER)]
        lines += [f"| {' | '.join(row.cells())} |" for row in rows]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def machine() -> str:
    """This machine in a few words."""
    cores = len(os.sched_getaffinity(0))
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}"


def remember(sections: dict[str, list[Row]], measured: str, log_bytes: dict[str, int]) -> None:
    """Keep what `accelerator cost` computes with."""
    rows = {row.name: row for rows in sections.values() for row in rows}
    query = rows["QueryApi warm"]
    assert query.base is not None
    kept: dict[str, Any] = {
        "commit": measured,
        "cpuMs": {
            "extract_id": round(rows["ExtractId warm"].figure.median / 1000, 3),
            "query_api": round((query.figure.median - query.base.median) / 1000, 3),
        },
        "memoryMb": {"extract_id": COMPUTING_MB, "query_api": WAITING_MB},
        "transitions": int(rows["stored: transitions"].figure.median),
        "executionLogBytes": {
            name: round(rows[f"stored: log, data {name}"].figure.median) for name in ("off", "on")
        },
        "logBytes": log_bytes,
        "payloadKb": 8,
    }
    MEASURED.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
