"""Whatever an event, an answer or an error holds is shown as text, and in short."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.commands.demo import end_of, print_outcome
from accelerator.commands.failure_tables import counted, failure_table, group_table
from accelerator.commands.output import output
from accelerator.commands.watch import line, running_table
from accelerator.demo import Outcome
from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution, execution
from accelerator.failures.failure import Failure
from domain.failures import build
from domain.untrusted import REASON
from tests.harness.events import order
from tests.unit.test_failures import (
    NOW,
    Starts,
    accelerator,
    account,
    cloud,
    fail,
    failed,
    starts,
)
from tests.unit.test_unreadable import (
    LONG,
    MADE,
    drawn,
    ended,
    printed,
    shown_by_trace,
    shown_by_watch,
)

__all__ = ["account", "cloud", "starts"]

# What a terminal obeys, hides or reads otherwise than it is drawn.
CONTROLS = st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"])
MARKUP = st.sampled_from(
    [
        "[red]",
        "[/]",
        "[/red]",
        "[link=http://evil.example]",
        ":bomb:",
        "\\",
        "[@click=x]",
        "\n",
    ]
)
hostile = st.lists(st.text(max_size=5) | CONTROLS | MARKUP, max_size=8).map("".join)


def assert_is_text(shown: str) -> None:
    assert [each for each in shown if not each.isprintable() and each != "\n"] == []


def executions(text: str) -> list[Execution]:
    """Executions that hold a text wherever they can."""
    event = order(text) | {"detail-type": text, "source": text, text: text}
    told = ended(json.dumps(event), json.dumps({"id": text, "key": text}), error=text, cause=text)
    logged = ended("", error=text)
    logged.logged = dict.fromkeys(("event_id", "event_type", "entity_id", "xray_trace_id"), text)
    stored = execution("arn", [])
    stored.visits, stored.status = [*told.visits[:2]], "SUCCEEDED"
    stored.visits[-1].name = "EventHydrated"
    return [told, logged, stored]


@pytest.mark.slow
@given(text=hostile)
def test_what_an_execution_holds_is_shown_as_text(text: str) -> None:
    for told in executions(text):
        assert_is_text(drawn(line(told), running_table([told], 80)))
        for reveal in (False, True):
            assert_is_text(shown_by_trace(told, reveal))


@given(text=hostile)
def test_what_a_failure_holds_is_shown_as_text(text: str) -> None:
    names = ("errorCode", "message", "failedState", "eventType", "entityId", "category")
    message = build(failed(text), NOW) | dict.fromkeys(names, text)
    failure = Failure(text, "bucket", text, message, MADE, lambda _: None, body=text)
    told = failure.told()
    outcome = Outcome({"a": text}, {"b": message}, set(), {})
    counts = group_table(counted([failure], "error-code"))
    assert_is_text(drawn(failure_table([told]), counts, end_of("b", outcome)))
    assert_is_text(printed(lambda console: print_outcome([], outcome, console)))


MARKED = "order:bomb:x [red]y[/red] [link=http://evil.example]z[/link]"


def test_markup_and_emoji_are_shown_as_they_are(cloud: Deployment) -> None:
    told = ended(json.dumps(order("x")), json.dumps({"id": MARKED}), cause=MARKED)
    assert MARKED in shown_by_watch(told)
    assert shown_by_trace(told, reveal=True).count(MARKED) == 3
    fail(cloud, "x", message=MARKED)
    assert "order:bomb:x [red]y[/red]" in " ".join(accelerator("list", "--all").split())
    assert output.render_str("a:bomb:b").plain == "a:bomb:b"


def test_a_problem_is_one_line_of_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from accelerator.cli import main

    monkeypatch.setattr("accelerator.cli.interrupt_on_signals", lambda: None)
    wrong = "\x1b[2J\u202e:bomb:\n[red]\ud800" + LONG
    monkeypatch.setattr("sys.argv", ["accelerator", "replay", "--from", wrong, "--to", "now"])
    with pytest.raises(SystemExit):
        main()
    shown = capsys.readouterr().err
    assert_is_text(shown)
    assert shown.startswith("error: ?[2J?:bomb: [red]?xxx")
    assert (shown.count("\n"), len(shown) < 2 * REASON) == (1, True)


def test_why_a_failure_was_left_is_text(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(cloud, "odd", schemaVersion="2.0")

    def refuse(**_: Any) -> None:
        raise ValueError("\x1b[2J[red]:bomb:" + LONG)

    monkeypatch.setattr(starts, "start_execution", refuse)
    fail(cloud, "refused")
    told = accelerator("redrive", code=1)
    assert_is_text(told)
    assert "?[2J[red]:bomb:xxx" in told
    assert len(told) < 4 * REASON
