"""The stored states of one entity, in the order of its events, each against the one before."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from accelerator.deployment import Deployment
from accelerator.executions.mask import hidden
from accelerator.objects.differences import Difference, differences
from accelerator.objects.listing import Stored, Wanted, listed
from accelerator.objects.stored import read
from accelerator.problem import Problem
from accelerator.threads import mapped
from domain.metadata import DOCUMENT


class State(NamedTuple):
    """A stored state: its object, what that holds, and what changed since the last one.

    `held` is None of an object that is gone, or holds no JSON. `changes` are None of those, and of
    the first that can be read. `metadata` is the object's, empty of one that was stored without.
    `other_document` says that another GraphQL document asked for the last one, so that fields may
    have come or gone for that alone.
    """

    stored: Stored
    held: Any = None
    metadata: dict[str, str] = {}
    changes: list[Difference] | None = None
    other_document: bool = False

    def after(self, before: "State") -> "State":
        """The state, if both can be read, with what changed in it."""
        if self.held is None or before.held is None:
            return self
        asked = {each.metadata.get(DOCUMENT) for each in (before, self)} - {None}
        changes = list(differences(before.held, self.held))
        return self._replace(changes=changes, other_document=len(asked) > 1)

    def masked(self) -> "State":
        """The state without customer data."""
        changes = self.changes and [each.masked() for each in self.changes]
        return self._replace(held=hidden(self.held), changes=changes)

    def told(self) -> dict[str, Any]:
        """What its key says, `metadata`, `readable`, `otherDocument`, and what changed.

        That is `"changes": [{"path", "what", "before", "after"}]`, as `Difference` tells them.
        """
        return self.stored.told() | {
            "metadata": self.metadata,
            "otherDocument": self.other_document,
            "changes": None if self.changes is None else [each.told() for each in self.changes],
            "readable": self.held is not None,
        }


def history(cloud: Deployment, wanted: Wanted) -> Iterator[State]:
    """The stored states of the entity that is wanted, in the order of its events.

    An event's time is in seconds: of those of one second, the first is what was stored first, as
    far as S3 tells that, which lists times of whole seconds.
    """
    found = sorted(listed(cloud, wanted), key=in_order)
    before: State | None = None
    for state in mapped(partial(read_if_readable, cloud), found):
        yield state.after(before) if before else state
        before = before if state.held is None else state


def in_order(stored: Stored) -> tuple[datetime, datetime, str]:
    """What the states are sorted by."""
    return stored.key.time, stored.stored_at, stored.key.event_id


def read_if_readable(cloud: Deployment, stored: Stored) -> State:
    """A state; what cannot be read is not to hide all others."""
    try:
        found = read(cloud, stored.name)
        return State(stored, found.value(), found.metadata)
    except Problem:
        return State(stored)
