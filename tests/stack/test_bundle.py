"""What a function is deployed as runs by itself, from bytecode, on nothing but its bundle."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from aws_cdk.aws_lambda import Runtime

from stacks.bundle import PROJECT, bundle

FUNCTIONS = ("extract_id", "query_api", "classify_error", "redrive")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bundle_is_imported_from_itself_alone(function: str) -> None:
    folder = bundle(function)
    code = f"""
import json, sys
sys.path.insert(0, {str(folder)!r})
sys.modules["boto3"] = sys  # The runtime has it.
import functions.{function}.handler
print(json.dumps([m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)]))
"""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        env={"POWERTOOLS_METRICS_NAMESPACE": "test"},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    outside = [
        file
        for file in json.loads(ran.stdout)
        if not file.startswith((str(folder), sys.base_prefix, str(Path(sys.base_prefix).resolve())))
    ]
    assert outside == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_module_comes_with_unchecked_bytecode(function: str) -> None:
    for source in bundle(function).rglob("*.py"):
        # PEP 552: flags 0b01 is a hash-based file that is not checked against its source.
        assert Path(cache_from_source(str(source))).read_bytes()[4:8] == b"\x01\x00\x00\x00"


def test_only_query_api_has_the_documents() -> None:
    assert {f for f in FUNCTIONS if (bundle(f) / "graphql").exists()} == {"query_api"}


def test_lambda_has_a_runtime_for_each_python_that_may_build_a_bundle() -> None:
    """The runtime is the Python that builds it; one that is newer than the CDK knows has none."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"])
    assert bounds
    first, after = map(int, bounds.groups())
    assert all(hasattr(Runtime, f"PYTHON_3_{minor}") for minor in range(first, after))
    setup = (PROJECT / "setup.sh").read_text(encoding="utf-8")
    assert f"(3, {first}) <= sys.version_info < (3, {after})" in setup
