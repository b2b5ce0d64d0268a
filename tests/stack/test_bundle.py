"""What a function is deployed as runs by itself, from bytecode, on nothing but its bundle."""

import json
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from stacks.bundle import bundle

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
