"""One event's whole story: each state of each of its executions, and where it ended."""

import json
from typing import Any

from rich.console import Console
from rich.text import Text

from accelerator.commands.output import shown
from accelerator.commands.watch import COLORS
from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution
from accelerator.executions.trace import places, story
from domain.untrusted import REASON


def print_story(told: Execution, cloud: Deployment, console: Console, reveal: bool) -> None:
    """Print an execution's story."""
    whole = story(told, reveal)
    console.print(
        shown(told.event_type or "?", "bold"),
        shown(told.entity_id or ""),
        Text(told.outcome, COLORS.get(told.outcome, "cyan")),
        shown(told.error_code or ""),
    )
    for name in ("time", "durationMs", "executionArn", "traceId"):
        missing = "not known" if name == "traceId" else "not logged"
        told_as = missing if whole[name] is None else whole[name]
        console.print(shown(f"  {name}: {told_as}"), soft_wrap=True)
    print_data(console, "event", whole["event"])
    before = whole["event"]
    for state in whole["states"]:
        took = "" if state["durationMs"] is None else f", {state['durationMs']} ms"
        console.print(shown(state["name"], "bold"), shown(f"{state['type']}{took}", "dim"))
        # What the state before it told is not told again.
        if state["input"] != before:
            print_data(console, "input", state["input"])
        for number, attempt in enumerate(state["attempts"], 1):
            console.print(attempt_line(number, attempt), soft_wrap=True)
        if state["output"] not in (None, state["input"]):
            print_data(console, "output", state["output"])
        before = state["output"]
    for place in places(told, cloud):
        console.print(shown(place, longest=REASON), soft_wrap=True)


def print_data(console: Console, name: str, data: Any) -> None:
    """Print data as one line of JSON."""
    told = json.dumps(data, ensure_ascii=False) if data else "not logged"
    whole = shown(told, longest=len(told))
    console.print(Text.assemble("  ", (name, "dim"), " ", whole), soft_wrap=True)


def attempt_line(number: int, attempt: dict[str, Any]) -> Text:
    """An attempt in a line."""
    delay = "" if attempt["delayMs"] is None else f" after {attempt['delayMs']} ms"
    ended = shown(attempt["error"], "red") if attempt["error"] else Text("succeeded", "green")
    cause = shown(f": {attempt['cause']}", longest=REASON) if attempt["cause"] else ""
    took = "" if attempt["durationMs"] is None else f", {attempt['durationMs']} ms"
    return Text.assemble(f"  attempt {number}{delay}{took}: ", ended, cause)
