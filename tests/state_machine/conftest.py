from collections.abc import Iterator

import pytest

from functions.query_api.connection import Connection
from tests.harness.interpreter import Interpreter, interpreter


@pytest.fixture(scope="module")
def machine(mock_api: str) -> Iterator[Interpreter]:
    """The state machine, querying the mock API."""
    connection = Connection(f"{mock_api}/graphql")
    with interpreter(connection) as machine:
        yield machine
    connection.close()
