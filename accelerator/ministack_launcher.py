"""Starts ministack, the embedded local cloud, with what it lacks for this product.

Each correction has a contract test (tests/integration/contract) that fails when
ministack gains the behaviour itself, so that the correction is then removed.
"""

from collections.abc import Callable

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
from accelerator.corrections.queues import correct_lost_messages, correct_stale_handles
from accelerator.corrections.stepfunctions import (
    correct_express,
    correct_put_object,
    correct_start,
)

CORRECTIONS: list[Callable[[], None]] = [
    correct_access,
    correct_credentials,
    correct_put_object,
    correct_start,
    correct_express,
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
    app.main()
