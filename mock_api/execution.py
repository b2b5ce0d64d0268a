"""What both contracts do with a query."""

from functools import lru_cache
from typing import Any

from graphql import (
    BREAK,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    Visitor,
    execute_sync,
    parse,
    validate,
    visit,
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


def path_to(wanted: Node, document: DocumentNode) -> list[str | int] | None:
    """The names of the fields down to a node of a document; None where it is in no field."""
    path: list[str | int] = []

    class Finder(Visitor):
        def enter(self, node: Node, _key: Any, _parent: Any, _path: Any, above: list[Node]) -> Any:
            if node is not wanted:
                return None
            path.extend(each.name.value for each in [*above, node] if isinstance(each, FieldNode))
            return BREAK

    visit(document, Finder())
    return path or None
