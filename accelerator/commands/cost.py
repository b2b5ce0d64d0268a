"""`accelerator cost`: what a number of events costs, next to what one would use instead."""

from typing import Annotated, Literal

import typer
from rich.table import Table

from accelerator.commands.options import Json
from accelerator.commands.output import output, print_json
from accelerator.cost.estimate import EXECUTION_MS, MEASURED, PRICES, PUT_MS, Load, estimate


def cost(
    events: Annotated[float, typer.Option(help="How many events.", min=1)] = 1e6,
    latency: Annotated[float, typer.Option(help="The API's latency in ms.", min=0)] = 150,
    payload: Annotated[float, typer.Option(help="Size of a response in KB.", min=0)] = 10,
    logs: Annotated[
        Literal["all", "error", "off"], typer.Option(help="Which executions write logs.")
    ] = "all",
    data: Annotated[Literal["on", "off"], typer.Option(help="Execution data in the logs.")] = "off",
    as_json: Json = False,
) -> None:
    """Tell what a number of events costs in US dollars, part by part, and the alternatives.

    Example: accelerator cost --events 1e6 --latency 150 --logs error
    """
    costs = estimate(Load(events, latency, payload, logs, data == "on"))
    if as_json:
        print_json(costs)
        return
    output.print(cost_table(costs))
    output.print(
        f"List prices of {PRICES['date']} in {PRICES['region']} (accelerator/cost/prices.json), "
        f"durations, memory and log bytes of {MEASURED['commit']} as `make bench` measured them; "
        f"assumed: {EXECUTION_MS} ms of Step Functions and {PUT_MS} ms for a PUT."
    )
    output.print(difference(costs))


def cost_table(costs: dict[str, dict[str, float]]) -> Table:
    """Parts as rows, architectures as columns."""
    table = Table("US dollars", *costs)
    parts = list(dict.fromkeys(part for priced in costs.values() for part in priced))
    for part in parts:
        shown = [f"{priced[part]:.2f}" if part in priced else "" for priced in costs.values()]
        table.add_row(part, *shown)
    table.add_section()
    table.add_row("total", *(f"{sum(priced.values()):.2f}" for priced in costs.values()))
    table.add_row("without S3 PUT", *(f"{without_put(priced):.2f}" for priced in costs.values()))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def without_put(priced: dict[str, float]) -> float:
    """The total apart from what storing costs everybody."""
    return sum(priced.values()) - priced["S3 PUT"]


def difference(costs: dict[str, dict[str, float]]) -> str:
    """How much more or less than one Lambda behind a queue, and through which parts."""
    ours, other = costs["Event accelerator"], costs["SQS, one Lambda"]
    total = without_put(ours) - without_put(other)
    by_part = {part: ours.get(part, 0) - other.get(part, 0) for part in {*ours, *other}}
    largest = sorted(by_part, key=lambda part: -abs(by_part[part]))[:4]
    told = ", ".join(f"{part} {by_part[part]:+.2f}" for part in largest if by_part[part])
    return f"Against SQS with one Lambda, S3 PUT apart: {total:+.2f} ({told})."
