"""Events a second on the local cloud, over an empty Express workflow with as many tasks."""

import io
import json
import math
import os
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from accelerator.deployment import Deployment, local_cloud
from bench.compare import Figure, Row
from mock_api.event_api import put_events
from mock_api.events import entry, put_events_entry
from tests.harness.local_cloud import accelerator

IN_FLIGHT = {1: 8, 10: 4, 100: 3, 500: 2}
DEADLINE_SECONDS = 120
ROLE = "arn:aws:iam::000000000000:role/bench"
NO_OP = "def handler(event, context):\n    print('no-op')\n    return {}\n"
CURVE = Path(__file__).parents[1] / "docs" / "images" / "throughput.png"


def create_empty(cloud: Deployment, tasks: int) -> str:
    """An Express workflow of so many Lambda tasks that do nothing, started by the same bus."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", NO_OP)
    states: dict[str, Any] = {}
    for number in range(tasks):
        function = cloud.lambda_.create_function(
            FunctionName=f"no-op-{number}",
            Runtime="python3.11",
            Role=ROLE,
            Handler="handler.handler",
            Code={"ZipFile": package.getvalue()},
        )
        states[f"Task{number}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": function["FunctionArn"], "Payload.$": "$"},
            **({"Next": f"Task{number + 1}"} if number + 1 < tasks else {"End": True}),
        }
    machine = cloud.stepfunctions.create_state_machine(
        name="Empty",
        type="EXPRESS",
        roleArn=ROLE,
        definition=json.dumps({"StartAt": "Task0", "States": states}),
    )["stateMachineArn"]
    bus = cloud.outputs.event_bus_name
    pattern = json.dumps({"detail-type": ["empty"]})
    cloud.events.put_rule(Name="empty", EventBusName=bus, EventPattern=pattern)
    cloud.events.put_targets(
        Rule="empty", EventBusName=bus, Targets=[{"Id": "one", "Arn": machine, "RoleArn": ROLE}]
    )
    return machine


def succeeded(cloud: Deployment, machine: str) -> int:
    pages = cloud.emulator.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"PageSize": 1000}
    )
    items = [item["status"] for page in pages for item in page["executions"]]
    assert "FAILED" not in items
    return items.count("SUCCEEDED")


def burst(
    cloud: Deployment, machine: str, new: Callable[[], dict[str, Any]], count: int
) -> Callable[[], float]:
    """An arm: so many events at once; its value is events a second until the last has ended."""

    def run() -> float:
        before, deadline = succeeded(cloud, machine), time.monotonic() + DEADLINE_SECONDS
        started = time.perf_counter()
        put_events(cloud.events, cloud.outputs.event_bus_name, [new() for _ in range(count)])
        while succeeded(cloud, machine) < before + count:
            assert time.monotonic() < deadline, "an event was lost"
            time.sleep(0.02)
        return count / (time.perf_counter() - started)

    return run


def emulator_seconds() -> float:
    """CPU seconds that the local cloud's process has used."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"accelerator.ministack_launcher" in (process / "cmdline").read_bytes():
                # proc(5): user and system time are the 14th and 15th field.
                used = (process / "stat").read_text().rsplit(")", 1)[1].split()[11:13]
                return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")
    return math.nan


def measure() -> list[Row]:
    """The curve, and how many objects there are for all that was sent."""
    accelerator("up")
    try:
        cloud = local_cloud()
        empty = create_empty(cloud, tasks=2)
        ours = cloud.outputs.state_machine_arn
        rows = []
        used = {name: Figure(name, "ms") for name in ("ours", "empty workflow")}
        for count, rounds in IN_FLIGHT.items():
            figures = {name: Figure(name, "events/s") for name in ("ours", "empty workflow")}
            for number in range(rounds + 1):
                for name, machine, new in (
                    ("ours", ours, lambda: entry("order_placed")),
                    ("empty workflow", empty, lambda: put_events_entry("empty", {})),
                ):
                    before = emulator_seconds()
                    value = burst(cloud, machine, new, count)()
                    if number:
                        figures[name].values.append(value)
                    if count >= 100:
                        used[name].values.append((emulator_seconds() - before) * 1000 / count)
            target = "at least 0.7" if count == 100 else ""
            name = f"throughput, {count} in flight"
            rows.append(Row(name, figures["ours"], figures["empty workflow"], target))
        sent = sum(count * (rounds + 1) for count, rounds in IN_FLIGHT.items())
        rows.append(Row("the emulator's own CPU an event", used["ours"], used["empty workflow"]))
        rows.append(loss(cloud, sent))
    finally:
        accelerator("down")
    draw(rows[:-2])
    return rows


def loss(cloud: Deployment, sent: int) -> Row:
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(
        Bucket=cloud.outputs.response_bucket_name
    )
    lost = sent - sum(len(page.get("Contents", [])) for page in pages)
    assert lost == 0, f"{lost} events were lost"
    return Row("events lost", Figure("lost", f"of {sent}", [float(lost)]), None, "0")


def draw(rows: list[Row]) -> None:
    """Plot both curves."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
    for name, figures in (
        ("Event accelerator", [row.figure for row in rows]),
        ("empty workflow, two no-op tasks", [row.base for row in rows if row.base]),
    ):
        axes.plot(list(IN_FLIGHT), [each.median for each in figures], marker="o", label=name)
    axes.set(xscale="log", xlabel="events in flight", ylabel="events a second", ylim=(0, None))
    axes.set_xticks(list(IN_FLIGHT), [str(count) for count in IN_FLIGHT])
    axes.legend()
    axes.grid(alpha=0.3)
    axes.set_title("Throughput on the local cloud, end to end")
    figure.savefig(CURVE, dpi=130)
