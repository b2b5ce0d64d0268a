"""What the business knows is said once: in domain/, and nowhere else in the product."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from domain import executions, keys, names, telemetry
from domain.errors import OWN, TOO_LARGE
from domain.event_types import EVENT_TYPES, families
from tests.harness.environment import PROJECT
from tests.unit.test_imports import MODULES

KNOWN = {
    *EVENT_TYPES,
    *(family.id_at for family in families()),
    *OWN,
    TOO_LARGE,
    *executions.OUTCOMES,
    keys.EVENTS,
    keys.UNSENT,
    *(value for name, value in vars(names).items() if name.isupper()),
    *(value for name, value in vars(telemetry).items() if name.isupper()),
} - {telemetry.INVALID}

FILES = [*MODULES.values(), *sorted((PROJECT / "bench").rglob("*.py"))]


@cache
def texts(file: Path) -> str:
    """Every text of a module but its docstrings, a line between them."""
    return "\n\n".join(found(file))


def found(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docs = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docs.add(ast.get_docstring(node, clean=False))
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text not in docs:
            yield text


@pytest.mark.slow
@pytest.mark.parametrize("known", sorted(KNOWN))
def test_each_is_said_in_the_domain_alone(known: str) -> None:
    escaped = re.escape(known)
    word = re.compile(rf"(?<!\w){escaped}(?!\w)" if known.isidentifier() else escaped)
    saying = {file for file in FILES if word.search(texts(file))}
    assert {file for file in saying if not file.is_relative_to(PROJECT / "domain")} == set()


def test_no_event_type_is_on_the_page() -> None:
    for file in sorted((PROJECT / "accelerator" / "console" / "page").iterdir()):
        text = file.read_text(encoding="utf-8")
        assert not any(event_type in text for event_type in EVENT_TYPES), file
