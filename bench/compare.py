"""Measures several things in turns, so that what disturbs the machine disturbs all of them."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Figure:
    """One measured thing: its values, and what it is to be compared with."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> str:
        """The middle half of the values."""
        if len(self.values) < 4:
            return f"{min(self.values):.3g} to {max(self.values):.3g}"
        low, _, high = statistics.quantiles(self.values, n=4)
        return f"{low:.3g} to {high:.3g}"


@dataclass
class Row:
    """A line of the results: a figure over another, and what it is to be at the most or least."""

    name: str
    figure: Figure
    base: Figure | None = None
    target: str = ""
    note: str = ""

    def cells(self) -> list[str]:
        ratio = f"{self.figure.median / self.base.median:.2f}" if self.base else ""
        over = f"{self.base.name}: {self.base.median:.3g} {self.base.unit}" if self.base else ""
        value = f"{self.figure.median:.3g} {self.figure.unit} ({self.figure.spread})"
        return [self.name, value, over, ratio, self.target, self.note]


def in_turns(arms: dict[str, Callable[[], float]], rounds: int, unit: str) -> dict[str, Figure]:
    """Run each arm once a round; an arm returns its own value. One round more warms up."""
    figures = {name: Figure(name, unit) for name in arms}
    for number in range(rounds + 1):
        names = list(arms)
        for name in names if number % 2 else reversed(names):
            value = arms[name]()
            if number:
                figures[name].values.append(value)
    return figures


def timed(run: Callable[[], object], scale: float) -> Callable[[], float]:
    """An arm that takes as long as `run` does, in units of which a second has `scale`."""

    def arm() -> float:
        started = time.perf_counter()
        run()
        return (time.perf_counter() - started) * scale

    return arm
