"""What both contracts do with a query."""

from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    execute_sync,
    parse,
    validate,
)
from mock_api.faults import Fault


@lru_cache(maxsize=64)
def checked(schema: GraphQLSchema, query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """A query's document and what is wrong with it; the same queries come again and again.

    Raises:
        GraphQLError: the text is no document.
    """
    document = parse(query)
    return document, validate(schema, document)


def execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    root: dict[str, Any],
    variables: dict[str, Any],
    context: Any = None,
) -> ExecutionResult:
    """Execute a document that is valid; raises the Fault that a field ended with."""
    result = execute_sync(schema, document, root, context, variables)
    for error in result.errors or []:
        if isinstance(error.original_error, Fault):
            raise error.original_error
    return result
