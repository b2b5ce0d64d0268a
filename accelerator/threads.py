"""Work that waits for others, some of it at once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")

# As many as a client of boto3 keeps connections.
THREADS = 10


def mapped(run: Callable[[Given], Result], given: Iterable[Given]) -> Iterator[Result]:
    """What `run` returns of each thing given, in their order, THREADS of them at once.

    Only twice as many are begun before they are asked for, however many are given. Ended early,
    this waits for those that run, and begins no other.
    """
    begun: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(THREADS)
    try:
        for each in given:
            begun.append(pool.submit(run, each))
            if len(begun) >= 2 * THREADS:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
