"""Words for names: those of a long list, and those that are not known."""

from collections.abc import Iterable
from difflib import get_close_matches

from domain.event_types import EVENT_TYPES, FAMILIES, FIRED

# So many of a list are told.
TOLD = 3


def few(names: Iterable[str]) -> str:
    """Some names, and how many others there are."""
    named = sorted(names)
    others = f" and {len(named) - TOLD} more" if len(named) > TOLD else ""
    return ", ".join(named[:TOLD]) + others


def near_event_type(name: str | None) -> str:
    """Such as `did you mean order_placed?`; empty where a name is known, or near none that is."""
    known = [*(family.name for family in FAMILIES), *FIRED, *EVENT_TYPES]
    near = get_close_matches(name, known, 1) if name and name not in known else []
    return f"did you mean {near[0]}?" if near else ""
