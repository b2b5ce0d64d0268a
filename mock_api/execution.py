"""What both contracts do with a query."""

from collections.abc import Iterator
from dataclasses import dataclass
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
from mock_api import plausible
from mock_api.faults import Fault


@dataclass
class Context:
    """What resolvers find out for the answer: how many KiB a text in it is to have, if any."""

    kib: int = 0


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
    context: Context,
) -> ExecutionResult:
    """Execute a document that is valid; raises the Fault that a field ended with."""
    result = execute_sync(
        schema, document, root, context, variables, field_resolver=plausible.resolve
    )
    for error in result.errors or []:
        if isinstance(error.original_error, Fault):
            raise error.original_error
    if context.kib:
        pad(result.data, context.kib)
    return result


def pad(data: Any, kib: int) -> None:
    """Give the longest text of an answer so many KiB, whatever fields it has."""
    if found := list(texts(data)):
        holder, place = max(found, key=lambda at: len(at[0][at[1]]))
        holder[place] = "x" * (kib * 1024)


def texts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each text of an answer, as what holds it and where in that."""
    places = value.items() if isinstance(value, dict) else enumerate(value or ())
    for place, inner in places:
        if isinstance(inner, str):
            yield value, place
        elif isinstance(inner, dict | list):
            yield from texts(inner)


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
