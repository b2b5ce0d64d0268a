"""What ids stand for: a failure's or its event's, or how either begins."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from accelerator.deployment import Deployment
from accelerator.failures.failure import Failure, Filter
from accelerator.failures.look import Look, look
from accelerator.problem import Problem
from accelerator.words import TOLD, few

# As long as the ids of SQS and EventBridge are: nothing but itself begins with one.
WHOLE = 36
# How alike ids are that may have been mistaken (difflib's ratio).
NEAR = 0.7


@dataclass
class Named:
    """One id that was given, and the failures that it may mean."""

    given: str
    # By the id, a failure's or an event's, that begins so: the failures that it means.
    meant: dict[str, set[str]] = field(default_factory=dict)

    def add(self, failure: Failure) -> bool:
        """Look whether it may mean this failure."""
        known = [each for each in ids_of(failure) if each.startswith(self.given)]
        for each in known:
            self.meant.setdefault(each, set()).add(failure.id)
        return bool(known)

    @property
    def is_ambiguous(self) -> bool:
        """Whether several begin so; a failure and its event are one."""
        return len(self.meant) > 2 or len({frozenset(each) for each in self.meant.values()}) > 1

    def failures(self, known: Iterable[str]) -> set[str]:
        """The failures that it means.

        Raises:
            Problem: there are none, or it may mean several; `known` are the ids that there are.
        """
        if self.given in self.meant:
            return self.meant[self.given]
        if self.is_ambiguous:
            raise Problem(f"more than one id begins with {self.given}: {few(self.meant)}")
        if not self.meant:
            raise Problem(unknown("failure", self.given, known, "accelerator failures list"))
        return next(iter(self.meant.values()))


def ids_of(failure: Failure) -> list[str]:
    """The failure's own id and, where it has one, its event's."""
    return [each for each in (failure.id, failure.message["eventId"]) if each]


def unknown(what: str, given: str, known: Iterable[str], command: str) -> str:
    """What to say of an id that there is not: the near ones, or which command tells the ids."""
    # Compared as far as the given one goes, since it may be the beginning of one.
    begins = {each[: len(given)].casefold(): each for each in known}
    near = [begins[each] for each in get_close_matches(given.casefold(), begins, TOLD, NEAR)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"'{command}' tells the ids"
    return f"there is no {what} {given}: {hint}"


def named(
    cloud: Deployment, given: Sequence[str], looking: Callable[[Look], Iterable[Failure]] = iter
) -> tuple[str, ...]:
    """The ids of the failures that are meant.

    Raises:
        Problem: one means none, or may mean several.
    """
    wanted, known = [Named(each) for each in given], set[str]()
    with look(cloud, Filter()) as found:
        for failure in looking(found):
            known.update(ids_of(failure))
            for each in wanted:
                each.add(failure)
    return tuple(sorted(set().union(*(each.failures(known) for each in wanted))))
