"""Who may import whom: the house's floors, each resting on those below it alone."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
# What the modules of each part, the longest name that fits, may import of ours and of others.
# `*` stands for anybody of others.
FLOORS: dict[str, tuple[set[str], set[str]]] = {
    "domain": ({"domain"}, set()),
    "functions.extract_id": ({"domain", "functions.extract_id"}, {"aws_lambda_powertools"}),
    "functions.query_api": ({"domain", "functions.query_api"}, {"aws_lambda_powertools", "boto3"}),
    "functions.classify_error": (
        {"domain", "functions.classify_error"},
        {"aws_lambda_powertools", "boto3"},
    ),
    "functions.redrive": (
        {"domain", "functions.redrive"},
        {"aws_lambda_powertools", "boto3", "botocore"},
    ),
    "mock_api": (
        {"domain", "mock_api"},
        {"boto3", "graphql", "mangum", "starlette", "uvicorn"},
    ),
    "stacks": ({"domain", "stacks"}, {"aws_cdk", "constructs", "dotenv"}),
    "stacks.bundle": (set(), set()),
    "stacks.parsers": ({"domain.family"}, set()),
    "stacks.definition": (set(), set()),
    "stacks.event_types": ({"domain", "stacks.definition"}, set()),
    "stacks.documents": ({"domain"}, {"graphql"}),
    "stacks.arns": ({"domain.regions", "stacks.parsers"}, set()),
    "stacks.settings": ({"domain.family", "stacks.arns", "stacks.parsers"}, {"dotenv"}),
    "accelerator": (
        {
            "domain",
            "mock_api",
            "stacks.arns",
            "stacks.bundle",
            "stacks.definition",
            "stacks.event_types",
            "stacks.documents",
            "stacks.parsers",
            "stacks.settings",
            "accelerator",
        },
        {"*"},
    ),
    "app": ({"domain", "stacks"}, {"aws_cdk"}),
}
# Presentation: who has it, and what nobody else may import.
SHOWING = {"rich", "typer"}
SHOWN_BY = ("accelerator.commands", "accelerator.cli", "accelerator.__main__")


def modules() -> Iterator[tuple[str, Path]]:
    for part in ("domain", "functions", "mock_api", "stacks", "accelerator"):
        for file in sorted((PROJECT / part).rglob("*.py")):
            name = ".".join(file.relative_to(PROJECT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), file
    yield "app", PROJECT / "app.py"


MODULES = dict(modules())


@cache
def imported(module: str) -> frozenset[str]:
    """What a module imports, wherever in it: modules of ours by their own names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            ours = {name for name in names if name in MODULES}
            found |= ours if len(ours) == len(names) else ours | {node.module}
    return frozenset(found)


def is_in(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


def floor_of(module: str) -> str:
    return max((part for part in FLOORS if is_in(module, part)), key=len)


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in {name.partition(".")[0] for name in MODULES}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_rests_on_the_floors_below_it_alone(module: str) -> None:
    ours, others = FLOORS[floor_of(module)]
    for name in imported(module):
        root = name.partition(".")[0]
        if is_ours(name):
            assert any(is_in(name, part) for part in ours), name
        elif root not in sys.stdlib_module_names:
            assert root in others or "*" in others, name


@pytest.mark.parametrize("module", [name for name in MODULES if is_in(name, "accelerator")])
def test_what_is_shown_knows_nothing_of_how(module: str) -> None:
    if any(is_in(module, part) for part in SHOWN_BY):
        return
    roots = {name.partition(".")[0] for name in imported(module)}
    assert not roots & SHOWING
    assert not any(is_in(name, part) for name in imported(module) for part in SHOWN_BY)


def test_no_module_imports_itself_by_a_way_around() -> None:
    for module in MODULES:
        reached: set[str] = set()
        ahead = {name for name in imported(module) if name in MODULES}
        while ahead:
            reached |= ahead
            ahead = {after for name in ahead for after in imported(name)} & MODULES.keys() - reached
        assert module not in reached, module
