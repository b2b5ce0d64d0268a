"""One event's whole story: each state of each of its executions, and where it ended."""

import json
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.text import Text

from accelerator.commands.output import shown, tell
from accelerator.commands.watch import COLORS
from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution
from accelerator.executions.trace import places, story
from domain.failures import reason
from domain.untrusted import REASON

# What stands before the lines of data but the first.
MARGIN = "    "


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
            tell(attempt_line(number, attempt), console)
        if state["output"] not in (None, state["input"]):
            print_data(console, "output", state["output"])
        before = state["output"]
    for place in places(told, cloud):
        console.print(shown(place, longest=REASON), soft_wrap=True)


def print_data(console: Console, name: str, data: Any) -> None:
    """Print data as JSON, of which a line holds as much as fits; no word is broken."""
    told = folded(data, console.width - len("  output ")) if data else "not logged"
    first, *others = told.split("\n")
    tell(Text.assemble("  ", (name, "dim"), " ", shown(first, longest=len(first))), console)
    for each in others:
        depth = " " * (len(each) - len(each.lstrip()) + len(MARGIN))
        for line in broken(each.strip(), console, len(depth)):
            console.print(Text(depth) + shown(line, longest=len(line)), soft_wrap=True)


def broken(line: str, console: Console, depth: int) -> list[str]:
    """A line as a terminal shows it, broken between words; whole for who reads it from a pipe."""
    if not console.is_terminal:
        return [line]
    width = max(console.width - depth, 1)
    return wrap(line, width, break_long_words=False, break_on_hyphens=False)


def folded(data: Any, width: int) -> str:
    """Data as JSON, each object and list on one line where that is no wider, else on several."""
    line = json.dumps(data, ensure_ascii=False)
    if len(line) <= width or not data or not isinstance(data, dict | list):
        return line
    if isinstance(data, dict):
        inner = [f"{json.dumps(key)}: {folded(data[key], width - 7 - len(key))}" for key in data]
    else:
        inner = [folded(each, width - 3) for each in data]
    lines = ",\n".join(inner).replace("\n", "\n  ")
    begin, end = "{}" if isinstance(data, dict) else "[]"
    return f"{begin}\n  {lines}\n{end}"


def attempt_line(number: int, attempt: dict[str, Any]) -> Text:
    """An attempt in a line."""
    delay = "" if attempt["delayMs"] is None else f" after {attempt['delayMs']} ms"
    ended = shown(attempt["error"], "red") if attempt["error"] else Text("succeeded", "green")
    cause = shown(f": {reason(attempt['cause'])}", longest=REASON) if attempt["cause"] else ""
    took = "" if attempt["durationMs"] is None else f", {attempt['durationMs']} ms"
    return Text.assemble(f"  attempt {number}{delay}{took}: ", ended, cause)
