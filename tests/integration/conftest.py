"""Local clouds for tests."""

from collections.abc import Callable, Iterator

import pytest

from accelerator.deployment import STATE_DIR, Deployment
from tests.harness.local_cloud import QUICK, accelerator, cloud_of, our_processes


@pytest.fixture(scope="session", autouse=True)
def nothing_from_before() -> None:
    """End what a run that was killed has left."""
    accelerator("down")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    with cloud_of(**QUICK) as cloud:
        yield cloud


@pytest.fixture
def nothing_up() -> Iterator[Callable[[], None]]:
    """Nothing is up before the test, and nothing may be left of it after it."""

    def nothing_is_left() -> None:
        assert our_processes() == []
        assert not STATE_DIR.exists()

    nothing_is_left()
    yield nothing_is_left
    accelerator("down")
