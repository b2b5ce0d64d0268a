"""What changed between two states of an entity."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from accelerator.executions.mask import hidden


class Difference(NamedTuple):
    """A field that is another: `what` is `added`, `removed` or `changed`; None where it is not."""

    path: str
    what: str
    before: Any
    after: Any

    def masked(self) -> "Difference":
        """The difference without its values."""
        return self._replace(before=hidden(self.before), after=hidden(self.after))


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Each field that differs, by its path.

    A list's items are told apart by their `id`, if each has one: moved, such an item is the same.
    """
    if isinstance(before, list) and isinstance(after, list):
        before, after = by_id(before), by_id(after)
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield Difference(path, "changed", before, after)
        return
    for name in [*before, *(name for name in after if name not in before)]:
        inner = f"{path}.{name}" if path else str(name)
        if name not in after:
            yield Difference(inner, "removed", before[name], None)
        elif name not in before:
            yield Difference(inner, "added", None, after[name])
        else:
            yield from differences(before[name], after[name], inner)


def by_id(items: list[Any]) -> dict[str, Any]:
    """A list's items by their ids where each has its own, else by their places."""
    ids = [item.get("id") if isinstance(item, dict) else None for item in items]
    if all(isinstance(each, str) for each in ids) and len({*ids}) == len(ids):
        return {f"[{each}]": item for each, item in zip(ids, items, strict=True)}
    return {f"[{place}]": item for place, item in enumerate(items)}
