"""Checks the documents in `graphql/` against the table of event types before they are deployed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql.execution.values import get_variable_values

from domain.event_types import FAMILIES
from domain.family import MOCK, PUBLISHED, Family
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)

PROJECT = Path(__file__).parents[1]
# The mock's schemas; Buy with Prime's own may have more.
SCHEMAS = {MOCK: "mock_api/schema.graphql", PUBLISHED: "mock_api/published/schema.graphql"}


class DocumentError(Exception):
    """Says in a line what is wrong with documents: the file, line and column of each mistake."""


def check(mocked: str | None, project: Path = PROJECT) -> None:
    """Check the document of each family.

    Args:
        mocked: the contract in which the mock is what is queried, if it is: fields are then checked
            against the mock's schema.

    Raises:
        DocumentError: one is missing or wrong.
    """
    text = (project / SCHEMAS[mocked]).read_text(encoding="utf-8") if mocked else ""
    schema = build_schema(text) if mocked else None
    wrong = [
        mistake
        for family in FAMILIES
        for mistake in mistakes(family, project, schema if family.contract == mocked else None)
    ]
    if wrong:
        raise DocumentError("; ".join(dict.fromkeys(wrong)))


def mistakes(family: Family, project: Path, schema: GraphQLSchema | None) -> Iterator[str]:
    """What is wrong with the document of a family."""
    name = f"graphql/{family.document}.graphql"
    try:
        document = parse((project / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        yield f"{name} is missing: the events of {family.name} are hydrated with it"
        return
    except UnicodeDecodeError:
        yield f"{name} is no UTF-8: save it so"
        return
    except GraphQLError as error:
        yield told(name, error)
        return
    operations = [each for each in document.definitions if is_operation(each)]
    if len(operations) != 1:
        yield f"{name} has {len(operations)} operations: a document has one"
        return
    yield from misnamed(name, family, operations[0])
    if schema:
        yield from (told(name, error) for error in unanswerable(schema, document, family))


def is_operation(definition: Any) -> bool:
    """Whether this is no fragment."""
    return isinstance(definition, OperationDefinitionNode)


def misnamed(name: str, family: Family, operation: Any) -> Iterator[str]:
    """What an operation has other names for than the table."""
    wanted, line = family.document.rpartition("/")[2], line_of(operation)
    called = operation.name.value if operation.name else ""
    if called.casefold() != wanted.casefold():
        yield f"{name}:{line}: the operation is named {called or 'nothing'}: name it {wanted}"
    declared = {each.variable.name.value: each for each in operation.variable_definitions}
    for given in dict.fromkeys(each for variables in family.variables for each in variables):
        if given not in declared:
            known = ", ".join(f"${each}" for each in declared) or "none"
            yield f"{name}:{line}: ${given}, which the table gives, is not declared ({known} is)"
    for variable, node in declared.items():
        needed = isinstance(node.type, NonNullTypeNode) and node.default_value is None
        if needed and not all(variable in variables for variables in family.variables):
            yield f"{name}:{line_of(node)}: ${variable} is needed, but the table gives it no value"


def unanswerable(
    schema: GraphQLSchema, document: DocumentNode, family: Family
) -> Iterator[GraphQLError]:
    """What a schema does not have, and which variables it does not take."""
    errors = validate(schema, document)
    yield from errors
    if errors:
        return
    (operation,) = filter(is_operation, document.definitions)
    for variables in family.variables:
        found = get_variable_values(schema, operation.variable_definitions, variables)  # type: ignore[attr-defined]
        yield from found if isinstance(found, list) else ()


def told(name: str, error: GraphQLError) -> str:
    """A mistake in a line: the file, where in it, and what it is."""
    place = "".join(f":{at.line}:{at.column}" for at in (error.locations or [])[:1])
    return f"{name}{place}: {' '.join(error.message.split())}"


def line_of(node: Any) -> int:
    """The line of a node."""
    return int(node.loc.start_token.line)
