"""What events cost and which quotas they reach, for a terminal."""

from rich.table import Table

from accelerator.cost.quotas import Limit


def quota_table(limits: list[Limit], rate: float) -> Table:
    """Quotas as rows."""
    columns = "", "quota", "most", "needed", "enough for events/s"
    table = Table(*columns, title=f"At {rate:,g} events a second", title_justify="left")
    for limit in limits:
        mark = "[red]✗[/]" if limit.rate < rate else "[green]✓[/]"
        needed = f"{rate * limit.an_event:,.1f}"
        table.add_row(mark, limit.name, f"{limit.most:,g}", needed, f"{limit.rate:,.0f}")
    for column in table.columns[2:]:
        column.justify = "right"
    return table


def first(limit: Limit, rate: float) -> str:
    """What is reached first, and what comes of it."""
    short = ", which is less" if limit.rate < rate else ""
    return (
        f"Reached first: {limit.name}, at {limit.rate:,.0f} events a second{short}. "
        f"Beyond, {limit.then}."
    )


def cost_table(priced: dict[str, dict[str, float]]) -> Table:
    """Parts as rows, architectures as columns."""
    table = Table("US dollars", *priced)
    table.columns[0].no_wrap = True
    parts = list(dict.fromkeys(part for of_one in priced.values() for part in of_one))
    for part in parts:
        shown = [f"{of_one[part]:.2f}" if part in of_one else "" for of_one in priced.values()]
        table.add_row(part, *shown)
    table.add_section()
    table.add_row("total", *(f"{sum(of_one.values()):.2f}" for of_one in priced.values()))
    without = (f"{without_put(of_one):.2f}" for of_one in priced.values())
    table.add_row("without S3 PUT", *without)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def without_put(priced: dict[str, float]) -> float:
    """The total apart from what storing costs everybody."""
    return sum(priced.values()) - priced["S3 PUT"]


def difference(priced: dict[str, dict[str, float]]) -> str:
    """How much more or less than one Lambda behind a queue, and through which parts."""
    ours, other = priced["Event accelerator"], priced["SQS, one Lambda"]
    total = without_put(ours) - without_put(other)
    by_part = {part: ours.get(part, 0) - other.get(part, 0) for part in {*ours, *other}}
    largest = sorted(by_part, key=lambda part: -abs(by_part[part]))[:4]
    told = ", ".join(f"{part} {by_part[part]:+.2f}" for part in largest if by_part[part])
    return f"Against SQS with one Lambda, S3 PUT apart: {total:+.2f} ({told})."
