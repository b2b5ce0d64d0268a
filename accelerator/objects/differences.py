"""What changed between two states of an entity."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from accelerator.executions.mask import MASK, hidden


class ById(str):
    """The name that an item of a list has by its id, in brackets."""


class Difference(NamedTuple):
    """A field that is another: `what` is `added`, `removed`, `changed` or `moved`.

    `before` and `after` are its values, None where it is not there; of what moved in its list they
    are its places, from 0.
    """

    path: tuple[str, ...]
    what: str
    before: Any
    after: Any

    def masked(self) -> "Difference":
        """The difference without values and ids."""
        path = tuple(f"[{MASK}]" if isinstance(name, ById) else name for name in self.path)
        if self.what == "moved":
            return self._replace(path=path)
        return Difference(path, self.what, hidden(self.before), hidden(self.after))

    def told(self) -> dict[str, Any]:
        """`{"path", "what", "before", "after"}`, the path such as `data.order.lines.[id].state`."""
        return self._asdict() | {"path": self.place}

    @property
    def place(self) -> str:
        """The path in a text."""
        return ".".join(self.path)


def differences(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Each field that differs, by its path.

    A list's items are told apart by their `id`, if each has one.
    """
    if isinstance(before, list) and isinstance(after, list):
        before, after = by_id(before), by_id(after)
        yield from moves(list(before), list(after), path)
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield Difference(path, "changed", before, after)
        return
    for name in [*before, *(name for name in after if name not in before)]:
        inner = (*path, name)
        if name not in after:
            yield Difference(inner, "removed", before[name], None)
        elif name not in before:
            yield Difference(inner, "added", None, after[name])
        else:
            yield from differences(before[name], after[name], inner)


def moves(before: list[str], after: list[str], path: tuple[str, ...]) -> Iterator[Difference]:
    """The items that have another place among those that stay in their list, as few as can be."""
    stay = {*before} & {*after}
    old, new = ([name for name in names if name in stay] for names in (before, after))
    if old == new:
        return
    for move, start, end, _, _ in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for name in old[start:end] if move in ("delete", "replace") else ():
            yield Difference((*path, name), "moved", before.index(name), after.index(name))


def by_id(items: list[Any]) -> dict[str, Any]:
    """A list's items by their ids where each has its own, else by their places."""
    ids = [item.get("id") if isinstance(item, dict) else None for item in items]
    if all(isinstance(each, str) for each in ids) and len({*ids}) == len(ids):
        return {ById(f"[{each}]"): item for each, item in zip(ids, items, strict=True)}
    return {f"[{place}]": item for place, item in enumerate(items)}
