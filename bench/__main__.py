"""`python -m bench`: every comparison in one run, as a table and as `bench/results.md`.

`python -m bench "Stored objects"` measures one section of ALONE, and leaves the others as they are.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console

from accelerator.mock_server import server
from bench import build, cold, failures, page, state, stored, throughput, warm
from bench.compare import Row
from bench.inputs import INPUTS
from bench.served import served
from stacks.bundle import PROJECT
from stacks.functions import COMPUTING_MB, WAITING_MB
from tests.harness.environment import PutEvents, unused_port

MEASURED = PROJECT / "accelerator" / "cost" / "measured.json"
console = Console(highlight=False)


def main(names: list[str]) -> None:
    """Measure everything, or the sections that are named; show it, and write it down."""
    if unknown := {*names} - ALONE.keys():
        sys.exit(f"no section {', '.join(unknown)}: give some of {', '.join(ALONE)}, or none")
    for name in names:
        rows = ALONE[name]()
        console.print(page.table(name, rows))
        page.replace(name, rows)
    if not names:
        measure_all()


def measure_all() -> None:
    """Measure everything, show it, and write it down."""
    started, measured = time.monotonic(), page.commit()
    sections: dict[str, list[Row]] = {}

    def add(name: str, rows: list[Row]) -> None:
        sections[name] = rows
        console.print(page.table(name, rows))

    with served() as environment:
        add("Warm", warm.measure(environment))
        add("Bundles", cold.measure_sizes())
        add("Cold start", cold.measure(environment))
        add("Imports", cold.measure_imports(environment))
        add("Memory", cold.measure_memory(environment))
        log_bytes = {name: warm.log_bytes(name, environment) for name in INPUTS}
    for name, measure in ALONE.items():
        add(name, measure())
    page.write(sections, measured, time.monotonic() - started)
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


# What is measured without the functions being served.
ALONE: dict[str, Callable[[], list[Row]]] = {
    "State machine": measure_state,
    "Throughput on the local cloud": throughput.measure,
    "Failures by the thousand": failures.measure,
    "Stored objects": stored.measure,
    "Build and start": build.measure,
}


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
    main(sys.argv[1:])
