"""Errors in the published form: `errors[].extensions.classification`, with status 200."""

from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
)
from mock_api.execution import path_to


class Classification(NamedTuple):
    """What kind an error is of; only the reference's examples of the first two tell their names."""

    type: str
    errorType: str
    errorCode: int


DENIED = Classification("AccessDeniedError", "AccessDeniedException", 403)
INVALID = Classification("ValidationError", "ValidationException", 400)
INTERNAL = Classification("InternalServerError", "InternalServerException", 500)
# The errors that are asked for by an id.
ASKED_FOR = {
    "graphql": INVALID,
    "throttled": Classification("ThrottlingError", "ThrottlingException", 429),
    "internal": INTERNAL,
    "denied": DENIED,
    "expired": DENIED._replace(errorCode=401),
}


class Refused(Exception):
    """Ends a field with an error; `code` is the specific cause, where the reference names one."""

    def __init__(self, told: str, kind: Classification, code: str | None = None) -> None:
        super().__init__(told)
        self.kind = kind
        self.code = code


def denied() -> Refused:
    """What is not there, not one's own or not allowed, which nobody is told apart."""
    return Refused("You do not have sufficient access to perform this action.", DENIED)


def invalid(told: str, code: str | None = None) -> Refused:
    """A request that is none."""
    return Refused(told, INVALID, code)


def published(error: GraphQLError, path: list[str | int] | None = None) -> dict[str, Any]:
    """An entry of `errors`. What GraphQL itself finds is invalid; whatever else fails, internal."""
    cause = error.original_error
    if cause is None:
        cause = invalid(error.message)
    elif not isinstance(cause, Refused):
        cause = Refused("Internal server error", INTERNAL)
    classification: dict[str, Any] = cause.kind._asdict()
    if cause.code:
        classification |= {"code": cause.code, "details": {"message": str(cause)}}
    return {
        "message": str(cause),
        "locations": [{"line": at.line, "column": at.column} for at in error.locations or []],
        "path": error.path or path,
        "extensions": {"classification": classification},
    }


def invalid_document(document: DocumentNode, errors: list[GraphQLError]) -> dict[str, Any]:
    """The answer to a document that the schema does not allow."""
    told = [published(error, path_to(error.nodes[0], document)) for error in errors if error.nodes]
    return {"data": None, "errors": told}


def refused(operation: OperationDefinitionNode, refusal: Refused) -> dict[str, Any]:
    """The answer to a request that is refused whatever it asks for: each field of its root."""
    fields = [each for each in operation.selection_set.selections if isinstance(each, FieldNode)]
    names = [(field.alias or field.name).value for field in fields]
    errors = [
        published(GraphQLError(str(refusal), field, path=[name], original_error=refusal))
        for field, name in zip(fields, names, strict=True)
    ]
    return {"data": data_of(operation, dict.fromkeys(names)), "errors": errors}


def data_of(operation: OperationDefinitionNode, data: Any) -> Any:
    """The `data` beside errors, which mutations have none of (the reference's examples)."""
    return None if operation.operation is OperationType.MUTATION else data


def operation_of(document: DocumentNode) -> OperationDefinitionNode:
    """The operation of a document; raises GraphQLError where there is not exactly one."""
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(found) != 1:
        raise GraphQLError("A document must hold one operation.")
    return found[0]
