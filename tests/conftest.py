"""What every tier needs: an environment without any AWS account, and the mock API."""

import gc
import io
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.harness.environment import LambdaContext, PutEvents, unused_port

# No test depends on how fast the machine is.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
# Of `make fast`.
settings.register_profile("fast", max_examples=20)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what has been imported by now, which stays."""
    gc.freeze()


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What a function has printed, its log lines among it."""
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    for handler in logging.getLogger(os.environ["POWERTOOLS_SERVICE_NAME"]).handlers:
        if type(handler) is logging.StreamHandler:
            monkeypatch.setattr(handler, "stream", output)
    return output.getvalue


@pytest.fixture(scope="session")
def context() -> LambdaContext:
    return LambdaContext()


@pytest.fixture(scope="session")
def bus() -> PutEvents:
    return PutEvents()


@pytest.fixture(scope="session")
def mock_api(bus: PutEvents) -> Iterator[str]:
    """The address of the mock Buy with Prime, served in this process."""
    from accelerator.mock_server import server

    port = unused_port()
    uvicorn_server = server(port, bus, "the-bus")
    thread = threading.Thread(target=uvicorn_server.run, daemon=True)
    thread.start()
    while not uvicorn_server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    uvicorn_server.should_exit = True
    uvicorn_server.force_exit = True
    thread.join(5)
