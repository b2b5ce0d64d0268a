"""Deletes failures for good."""

import itertools
from collections.abc import Callable, Iterable

from accelerator.deployment import Deployment
from accelerator.failures.failure import Failure, Filter
from accelerator.failures.look import Look, look
from accelerator.plural import plural
from domain.keys import EVENTS


def purged(
    cloud: Deployment,
    wanted: Filter,
    meant: set[str] | None,
    looking: Callable[[Look], Iterable[Failure]] = iter,
) -> tuple[int, list[str]]:
    """Delete the failures that are meant: how many are gone, and what is left of others.

    `looking` shows the look's failures as they come.
    """
    gone = itertools.count()
    with look(cloud, wanted) as found:
        for failure in looking(found):
            if meant is None or failure.id in meant:
                failure.delete(lambda: next(gone))
        found.delete_now()
    stored = plural(found.not_removed, "stored event")
    left = {
        f"{found.undeleted} could not be deleted, and stay": found.undeleted,
        f"{stored} could not be removed from {EVENTS}": found.not_removed,
    }
    return next(gone), [told for told, count in left.items() if count]
