"""Writes what the documents say of the code: `python -m tests.harness.docs`, run by `make docs`.

What is between `<!-- NAME -->` and `<!-- end -->` of a page is written anew.
"""

import re
import textwrap
from collections.abc import Callable, Iterable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import cast
from unittest.mock import patch

from rich.console import Console
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import cost
from accelerator.cost.estimate import PRICES
from domain.errors import OWN
from domain.event_types import families
from domain.family import MOCK, PUBLISHED, Family
from stacks.settings import variables
from tests.harness import fault_matrix, mock_config, samples

PROJECT = Path(__file__).parents[2]
COUNTED = re.compile(r"\]\(([^)]+)\) \((\d+)\)")
PART = re.compile(r"(<!-- (?P<name>(?!end )[a-z ]+) -->\n).*?(?=<!-- end -->)", re.DOTALL)


def event_types(contract: str) -> Iterable[str]:
    """README's table of a contract's events."""
    yield "| events | fired as | what the rule matches | id | GraphQL document |"
    yield "| --- | --- | --- | --- | --- |"
    for family in families(contract):
        types = ", ".join(f"`{each}`" for each in family.types.values())
        names = ", ".join(f"`{each}`" for each in family.types)
        document = f"[`{family.document}`](graphql/{family.document}.graphql)"
        matched = f"`{family.type_at}` is {types}"
        yield f"| {family.name} | {names} | {matched} | {id_of(family)} | {document} |"


def id_of(family: Family) -> str:
    """Where a family's id is, and which events have none to hydrate."""
    if family.only is None:
        return f"`{family.id_at}`"
    path, value = family.only
    return f"`{family.id_at}`, where `{path}` is `{value}`; any other is ignored on purpose"


def error_codes() -> Iterable[str]:
    """The runbook's table of the errors that are the accelerator's own."""
    yield "| code | cause | passes by itself | what helps |"
    yield "| --- | --- | --- | --- |"
    for name, error in OWN.items():
        passes = "yes" if error.transient else "no"
        yield f"| `{name}` | {(error.__doc__ or '').strip('.')} | {passes} | {error.advice} |"


def ran(command: str, width: int) -> Iterable[str]:
    """What `accelerator cost` prints, wherever it is asked."""
    printed = Console(width=width, file=StringIO(), highlight=False)
    environment = {"AWS_REGION": PRICES["region"], "API_VERSION": None}
    environment[cost.QUERY_API_CONCURRENCY] = None
    with patch.object(cost, "output", printed):
        result = CliRunner().invoke(app, command.split()[1:], env=environment)
    assert result.exit_code == 0, result.output
    told = cast(StringIO, printed.file).getvalue()
    yield from ("```console", f"$ {command}")
    yield from (line.rstrip() for line in told.splitlines())
    yield "```"


PARTS: dict[str, Callable[[], Iterable[str]]] = {
    "event types": partial(event_types, MOCK),
    "published event types": partial(event_types, PUBLISHED),
    "error codes": error_codes,
    "cost": partial(ran, "accelerator cost --logs error", 80),
    "quotas": partial(ran, "accelerator cost --rate 500", 80),
    "ends": fault_matrix.ends,
    "sample": samples.beginning,
}
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


def written(page: Path) -> str:
    """A page as it should be: its generated parts and its line counts of now."""

    def part(found: re.Match[str]) -> str:
        return found[1] + "".join(f"{line}\n" for line in PARTS[found["name"]]())

    def count(found: re.Match[str]) -> str:
        lines = (page.parent / found[1]).read_text(encoding="utf-8").count("\n")
        return f"]({found[1]}) ({lines})"

    return COUNTED.sub(count, PART.sub(part, page.read_text(encoding="utf-8")))


def env_example() -> str:
    """.env.example."""
    told = ["# Copy to .env. Everything is optional; the environment wins over this file.\n"]
    for each in variables():
        told += textwrap.wrap(each.meant, 98, initial_indent="# ", subsequent_indent="# ")
        told.append(f"#{each.name}={each.example}")
    return "\n".join(told) + "\n"


def generated(*more: Path) -> dict[Path, bytes]:
    """What each generated document holds."""
    files = [fault_matrix.DOCUMENT, mock_config.FILE, PROJECT / ".env.example", *PAGES, *more]
    return {file: file.read_bytes() for file in (*files, *samples.FOLDER.rglob("*.*"))}


if __name__ == "__main__":
    # Here alone, since the CDK takes a second to load.
    from tests.harness import deployed

    before = generated(deployed.FILE)
    fault_matrix.DOCUMENT.write_text(fault_matrix.document(), encoding="utf-8")
    mock_config.FILE.write_text(mock_config.text(), encoding="utf-8")
    samples.write()
    deployed.write()
    (PROJECT / ".env.example").write_text(env_example(), encoding="utf-8")
    for each in PAGES:
        each.write_text(written(each), encoding="utf-8")
    after = generated(deployed.FILE)
    changed = sorted(str(f.relative_to(PROJECT)) for f in after if after[f] != before.get(f))
    print("Written anew:", ", ".join(changed) or "nothing, all was up to date")
