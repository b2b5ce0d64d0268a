"""`accelerator subscriptions delete` deletes what is meant, and asks before it deletes all."""

from typing import Any

import pytest
from typer.testing import CliRunner, Result

from accelerator import subscriptions
from accelerator.cli import app
from accelerator.commands import subscriptions as commands
from accelerator.published_api import Refused
from tests.harness.deployments import deployment


class Api:
    """The published API with these subscriptions, which refuses what it does not have."""

    def __init__(self, *ids: str) -> None:
        self.ids = list(ids)
        self.denies = False

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Answer."""
        if query == subscriptions.DELETE:
            if self.denies or variables["id"] not in self.ids:
                raise Refused({"AccessDeniedError"}, "denied")
            self.ids.remove(variables["id"])
            return {}
        if not self.ids:
            raise Refused({"AccessDeniedError"}, "denied")
        edges = [{"node": {"id": each}} for each in self.ids]
        return {"eventSubscriptions": {"edges": edges, "pageInfo": {"hasNextPage": False}}}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API that the command asks."""
    made = Api("one", "two")
    monkeypatch.setattr(commands, "connected", lambda _local: (deployment(), made))
    return made


def delete(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["subscriptions", "delete", *arguments], input=given)


def test_all_are_deleted_only_once_it_is_confirmed(api: Api) -> None:
    for given in (None, "n\n"):
        result = delete("--all", given=given)
        assert result.exit_code == 1
        assert "Delete 2 subscriptions of the credentials on AWS" in result.stderr
        assert api.ids == ["one", "two"]
    assert delete("--all", given="y\n").stdout.endswith("deleted one\ndeleted two\n")
    assert api.ids == []
    assert delete("--all").stdout == "No subscriptions.\n"


def test_no_question_is_asked_where_it_is_answered_or_ids_are_given(api: Api) -> None:
    assert delete("one").output == "deleted one\n"
    assert delete("--all", "--yes").output == "deleted two\n"


def test_an_id_that_there_is_not_is_told_with_the_near_one(api: Api) -> None:
    told = "there is no subscription"
    assert str(delete("tow").exception) == f"{told} tow: 'accelerator subscriptions list' " + (
        "tells the ids"
    )
    assert str(delete("twoo").exception) == f"{told} twoo: did you mean two?"
    assert api.ids == ["one", "two"]


def test_an_id_that_there_is_and_that_is_refused_is_told_in_the_apis_words(api: Api) -> None:
    api.denies = True
    assert str(delete("one").exception) == "denied"
