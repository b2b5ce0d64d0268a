"""What is seen of executions whose logs hold the record types of level ERROR alone.

The level selects record types, not executions: a success that was retried leaves its failed
attempts, and a failure its end.
"""

import io
import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest

from accelerator.executions import logs
from accelerator.executions.execution import Execution
from accelerator.executions.logs import ExecutionLogs
from functions.query_api.connection import Connection
from tests.harness.deployments import deployment
from tests.harness.events import order
from tests.harness.execution_logs import ERROR_TYPES, configure_logs, log_executions
from tests.harness.interpreter import interpreter


@pytest.fixture(scope="module")
def told(mock_api: str) -> Iterator[list[Execution]]:
    """An execution that stored at once, one that did at its third attempt, and one that failed."""
    connection = Connection(f"{mock_api}/graphql")
    output = io.StringIO()
    handlers = logging.getLogger(os.environ["POWERTOOLS_SERVICE_NAME"]).handlers
    stream = next(each for each in handlers if isinstance(each, logging.StreamHandler))
    with interpreter(connection) as machine, patch.object(stream, "stream", output):
        for order_id in (None, "flaky-2-at-error-level", "322-NONE-SUCH01"):
            machine.run(order(order_id))
        configure_logs(machine, with_data=True, level="ERROR")
        log_executions(machine, True, output.getvalue(), level="ERROR")
        cloud = deployment(state_machine_arn=machine.arn)
        with patch.object(logs, "SECONDS_A_CALL", 0):
            yield list(ExecutionLogs(cloud, timedelta(hours=1)).changed())
    connection.close()


def test_nothing_is_logged_of_what_succeeded_at_once(told: list[Execution]) -> None:
    assert len(told) == 2
    assert not {"ExecutionStarted", "ExecutionSucceeded", "TaskStateEntered"} & ERROR_TYPES


@pytest.mark.xfail(strict=True, reason="watch takes a retried success for running for ever")
def test_a_success_that_was_retried_does_not_run_for_ever(told: list[Execution]) -> None:
    assert "running" not in {each.outcome for each in told}


@pytest.mark.xfail(strict=True, reason="the code is in ClassifyError's line, which is not read")
def test_a_failure_tells_its_code(told: list[Execution]) -> None:
    (failed,) = [each for each in told if each.outcome == "failed"]
    assert failed.error_code == "GraphQLErrors"
