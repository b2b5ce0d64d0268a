"""One event's whole story: each state of each of its executions, and where it ended."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape

from accelerator.commands.watch import COLORS
from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution
from accelerator.executions.trace import places, story


def print_story(told: Execution, cloud: Deployment, console: Console, reveal: bool) -> None:
    """Print an execution's story."""
    whole = story(told, reveal)
    console.print(
        f"[bold]{escape(told.event_type or '?')}[/] {escape(told.entity_id or '')} "
        f"[{COLORS.get(told.outcome, 'cyan')}]{told.outcome}[/] {escape(told.error_code or '')}"
    )
    for name in ("time", "durationMs", "executionArn", "traceId"):
        console.print(f"  {name}: {whole[name] or 'not known'}", soft_wrap=True)
    print_data(console, "event", whole["event"])
    before = whole["event"]
    for state in whole["states"]:
        took = "" if state["durationMs"] is None else f", {state['durationMs']} ms"
        console.print(f"[bold]{state['name']}[/] [dim]{state['type']}{took}[/]")
        # What the state before it told is not told again.
        if state["input"] != before:
            print_data(console, "input", state["input"])
        for number, attempt in enumerate(state["attempts"], 1):
            console.print(f"  {attempt_line(number, attempt)}", soft_wrap=True)
        if state["output"] not in (None, state["input"]):
            print_data(console, "output", state["output"])
        before = state["output"]
    for place in places(told, cloud):
        console.print(place, soft_wrap=True)


def print_data(console: Console, name: str, data: Any) -> None:
    """Print data as one line of JSON."""
    told = json.dumps(data, ensure_ascii=False) if data else "not logged"
    console.print(f"  [dim]{name}[/] {escape(told)}", soft_wrap=True)


def attempt_line(number: int, attempt: dict[str, Any]) -> str:
    """An attempt in a line."""
    delay = "" if attempt["delayMs"] is None else f" after {attempt['delayMs']} ms"
    ended = f"[red]{escape(attempt['error'])}[/]" if attempt["error"] else "[green]succeeded[/]"
    cause = f": {escape(attempt['cause'])}" if attempt["cause"] else ""
    return f"attempt {number}{delay}, {attempt['durationMs']} ms: {ended}{cause}"
