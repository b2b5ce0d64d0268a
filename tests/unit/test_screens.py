"""What commands print fits a terminal of 80 columns."""

import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console

from accelerator.cli import main
from accelerator.commands.cost_tables import cost_table
from accelerator.commands.failure_tables import counted, failure_table, group_table
from accelerator.commands.names import middle_cut
from accelerator.commands.output import shown, tell
from accelerator.commands.watch import print_lines, running_table
from accelerator.cost.estimate import Load, estimate
from accelerator.failures.failure import Failure
from domain.failures import build
from tests.harness.events import order
from tests.harness.terminal import COLUMNS, fitting
from tests.unit.test_failures import NOW, failed
from tests.unit.test_unreadable import MADE, ended

WIDE = "error-graphql-in-a-very-long-id-of-an-order-of-which-there-are-two-1"
TYPE = "a.long.detail-type.of.a.shop.that.goes.on"


def on_a_terminal(draw: Callable[[Console], object], width: int = COLUMNS) -> list[str]:
    """The lines that a terminal shows, those it has to break itself put together."""
    file = io.StringIO()
    draw(Console(file=file, width=width, force_terminal=True, color_system=None))
    lines = file.getvalue().splitlines()
    fitting([each.rstrip() for each in lines])
    return lines


def test_an_execution_is_told_in_lines_that_fit() -> None:
    event = order(WIDE)
    told = ended(json.dumps(event), json.dumps({"id": WIDE}), error="GraphQLErrors")
    first, event_id, *way = on_a_terminal(lambda console: print_lines(told, console))
    assert len(first) <= COLUMNS
    assert "error-gra" in first
    assert "two-1  " in first
    assert first.rstrip().endswith("uncaught  GraphQLErrors")
    assert event_id.strip() == event["id"]
    assert " ".join(map(str.strip, way)) == "RouteByEventType > QueryApi"
    assert all(line.startswith(" " * 10) for line in (event_id, *way))


def test_what_fits_in_a_line_has_one() -> None:
    told = ended(json.dumps(order("x")), error="GraphQLErrors")
    first, _ = on_a_terminal(lambda console: print_lines(told, console), 200)
    assert first.rstrip().endswith(str(told.event_id))


def test_each_execution_that_runs_has_a_line() -> None:
    told = ended(json.dumps(order(WIDE)), json.dumps({"id": WIDE}))
    told.visits[-1:] = [told.visits[-1]] * 9
    lines = on_a_terminal(lambda console: console.print(running_table([told] * 3, console.width)))
    assert len(lines) == 4
    assert all("… > QueryApi" in line for line in lines[1:])


def test_both_ends_of_a_wide_name_are_in_the_tables() -> None:
    why = "detail.orderIdentifier.orderId must be 1 to 256 printable characters in a string"
    message = build(failed(WIDE), NOW) | {"eventType": TYPE, "message": why, "errorCode": WIDE}
    failure = Failure("id", "queue", "receipt", message, MADE, lambda _: None, body="")
    lines = on_a_terminal(lambda console: console.print(failure_table([failure.told()])))
    text = "\n".join(lines)
    for begin, end in (("a.lo", "s.on"), ("erro", "wo-1")):
        assert any(begin in line and end in line and "…" in line for line in lines), text
    place = lines[1].index("message")
    message_column = "".join(line[place:].strip() for line in lines)
    assert why.replace(" ", "") in message_column.replace(" ", "")
    counts = group_table(counted([failure] * 2, "error-code"))
    assert WIDE in "\n".join(on_a_terminal(lambda console: console.print(counts), 120))
    on_a_terminal(lambda console: console.print(counts))


def test_prose_is_broken_between_words_on_a_terminal_and_nowhere_else() -> None:
    told = shown("deploy it with " + "'npx cdk deploy' " * 9)
    lines = on_a_terminal(lambda console: tell(told, console), 40)
    assert " ".join(line.strip() for line in lines) == told.plain.strip()
    assert max(map(len, lines)) <= 40
    piped = io.StringIO()
    tell(told, Console(file=piped, width=40))
    assert piped.getvalue().rstrip("\n") == told.plain


@pytest.mark.parametrize("room", [0, 1, 2, 3, 10, 11])
def test_a_name_in_little_room(room: int) -> None:
    assert len(middle_cut(TYPE, room)) <= max(room, 1)
    assert middle_cut(TYPE, len(TYPE)) == TYPE


def test_each_cost_has_a_line() -> None:
    priced = estimate(Load(1e6))
    lines = on_a_terminal(lambda console: console.print(cost_table(priced)))
    for part in priced["Event accelerator"]:
        assert any(line[2:].startswith(f"{part} ") for line in lines), part


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "failures list --by day",
            "Invalid value for '--by': 'day' is not one of 'error-code', 'event-type', "
            "'category', 'state', 'hour': see 'accelerator failures list -h'",
        ),
        ("wach", "No such command 'wach'. Did you mean 'watch'?: see 'accelerator -h'"),
    ],
)
def test_a_mistake_is_one_line(
    words: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("accelerator.cli.interrupt_on_signals", lambda: None)
    monkeypatch.setattr("sys.argv", ["accelerator", *words.split()])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr().err == f"error: {told}\n"
