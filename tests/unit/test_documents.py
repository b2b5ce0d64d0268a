"""A document that cannot work is told of before it is deployed, by its file, line and column."""

import shutil
import tomllib
from functools import cache, partial
from pathlib import Path

import pytest

from accelerator import local_cloud
from accelerator.doctor import documents_told
from accelerator.problem import Problem
from domain.family import MOCK, PUBLISHED
from graphql import build_schema
from stacks import documents
from stacks.bundle import BUNDLES
from stacks.documents import PROJECT, DocumentError, check
from stacks.settings import Settings
from tests.harness.environment import unused_port

ORDER = "graphql/singleOrder.graphql"
TRACKER = f"graphql/{PUBLISHED}/packageTracker.graphql"
ASKED = """query singleOrder($orderId: String!) {
  order(orderId: $orderId) {
    id
    orderState {
      createdAt
      placedAt
    }
    summary { totalPrice { ...money } }
  }
}

fragment money on Money { amount }
"""
TRACKED = """query packageTracker($packageTrackerInput: PackageTrackerInput!) {
  packageTracker(packageTrackerInput: $packageTrackerInput) {
    trackingUrl
  }
}
"""

BUILT = cache(build_schema)


@pytest.fixture(autouse=True)
def each_schema_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building one takes longer than checking every document against it."""
    monkeypatch.setattr(documents, "build_schema", BUILT)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what is checked."""
    for folder in ("graphql", "mock_api"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    # What the edits below are made in, whatever the product asks for.
    (tmp_path / ORDER).write_text(ASKED, encoding="utf-8")
    (tmp_path / TRACKER).write_text(TRACKED, encoding="utf-8")
    return tmp_path


def edited(project: Path, before: str, after: str, name: str = ORDER) -> str:
    """What is said of a document after an edit."""
    file = project / name
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        check(PUBLISHED if "2024" in name else MOCK, project)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("mocked", [None, MOCK, PUBLISHED])
def test_the_documents_are_well(mocked: str | None) -> None:
    check(mocked)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("  order(orderId: $orderId) {", "  order(orderId: $orderId {", f"{ORDER}:2:27: Syntax"),
        (
            "placedAt",
            "placedOn",
            f"{ORDER}:6:7: Cannot query field 'placedOn' on type 'OrderState'",
        ),
        ("placedAt", "placedOn", "Did you mean 'placedAt'"),
        ("singleOrder", "oneOrder", f"{ORDER}:1: the operation is named oneOrder: name it singleO"),
        ("query singleOrder($orderId: String!)", "query ($orderId: String!)", "is named nothing"),
        ("$orderId: String!", "$id: String!", "$orderId, which the table gives, is not declared"),
        (
            "$orderId: String!",
            "$orderId: String!, $x: Int!",
            "$x is needed, but the table gives it",
        ),
        (
            "$orderId: String!",
            "$orderId: Int!",
            f"{ORDER}:1:19: Variable '$orderId' of type 'Int!'",
        ),
        ("fragment money", "query two { order { id } }\nfragment money", "has 2 operations"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    project: Path, before: str, after: str, told: str
) -> None:
    assert told in edited(project, before, after)


def test_a_field_that_the_published_schema_lacks_is_told(project: Path) -> None:
    told = edited(project, "trackingUrl", "trackingUri", TRACKER)
    assert "packageTracker.graphql:3:5: Cannot query field 'trackingUri'" in told
    check(MOCK, project)  # which does not query it
    check(None, project)  # a schema that is not known is not guessed at


def test_a_document_that_is_missing_is_told(project: Path) -> None:
    (project / ORDER).unlink()
    with pytest.raises(DocumentError, match=f"{ORDER} is missing: the events of order are"):
        check(None, project)


def test_a_document_that_is_no_utf_8_is_told(project: Path) -> None:
    (project / ORDER).write_bytes(b"\xff\xfe")
    with pytest.raises(DocumentError, match=f"{ORDER} is no UTF-8: save it so"):
        check(None, project)


def test_doctor_and_up_tell_of_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(project, "placedAt", "placedOn")
    monkeypatch.setattr("stacks.documents.check", partial(check, project=project))
    monkeypatch.setattr("accelerator.local_cloud.check_machine", lambda: None)
    monkeypatch.setattr("accelerator.local_cloud.LocalCloud", None)
    monkeypatch.delenv("API_URL")
    with pytest.raises(Problem, match=r"singleOrder.graphql:6:7: .*placedOn"):
        documents_told(Settings())
    with pytest.raises(Problem, match=r"singleOrder.graphql:6:7: .*placedOn"):
        local_cloud.up(port=unused_port(), mock_port=unused_port())
    assert "fits" in documents_told(Settings(api_url="https://api.example"))


@pytest.mark.parametrize("function", sorted(BUNDLES.keys() - {"mock_api"}))
def test_no_function_of_the_product_has_what_checks_them(function: str) -> None:
    folders, group = BUNDLES[function]
    assert "stacks" not in folders
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    assert not any("graphql" in library for library in groups[group])
