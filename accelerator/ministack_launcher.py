"""Starts ministack, the embedded local cloud, with what it lacks for this product.

Each correction has a contract test (tests/integration/contract) that fails when
ministack gains the behaviour itself, so that the correction is then removed.

`python -m accelerator.ministack_launcher DESCRIPTOR` serves on a socket that listens already, where
ministack's own start would take the port later, and anybody in between.
"""

import asyncio
import resource
import sys
from collections.abc import Callable
from contextlib import suppress

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app

from accelerator.corrections.eventbridge import (
    correct_dead_letters,
    correct_malformed_details,
    correct_partner_buses,
    correct_times,
)
from accelerator.corrections.functions import (
    correct_credentials,
    correct_exceptions,
    correct_invoke,
)
from accelerator.corrections.gateway import correct_access
from accelerator.corrections.logs import (
    correct_execution_logs,
    correct_found_logs,
    correct_logging_configuration,
)
from accelerator.corrections.queues import correct_lost_messages, correct_stale_handles
from accelerator.corrections.stepfunctions import (
    correct_express,
    correct_paths,
    correct_put_object,
    correct_start,
)

CORRECTIONS: list[Callable[[], None]] = [
    correct_access,
    correct_credentials,
    correct_put_object,
    correct_paths,
    correct_start,
    correct_express,
    correct_logging_configuration,
    correct_execution_logs,
    correct_found_logs,
    correct_exceptions,
    correct_invoke,
    correct_stale_handles,
    correct_lost_messages,
    correct_dead_letters,
    correct_times,
    correct_malformed_details,
    correct_partner_buses,
]

if __name__ == "__main__":
    for correct in CORRECTIONS:
        correct()
    # A burst of connections needs more files than a process may have at first.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = Config()
    config.keep_alive_timeout = 75
    config.bind = [f"fd://{sys.argv[1]}"]
    config.loglevel = app.LOG_LEVEL
    asyncio.run(serve(app.app, config))
