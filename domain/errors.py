"""Why an event is not hydrated: each error, whether it passes, and what helps.

A class's name is the error's name in the state machine; its first line is the cause that the docs
tell. Messages hold nothing of an event's or an answer's data.
"""

from typing import ClassVar


class HydrationError(Exception):
    """An event cannot be hydrated. `transient` is whether it may succeed later by itself."""

    transient: ClassVar[bool] = False
    advice: ClassVar[str] = ""


class InvalidEvent(HydrationError):
    """The event has no usable id."""

    advice = "nothing here: tell the sender; `failures export`, then `purge`"


class UnsupportedEvent(HydrationError):
    """A rule matches what the state machine has no branch for."""

    advice = "[add the event type](add-an-event-type.md), deploy, redrive"


class MissingVariable(HydrationError):
    """The function was deployed without a variable that it needs."""

    advice = "deploy the stack again, then redrive"


class ApiError(HydrationError):
    """Anything that keeps a query from being answered."""


class ApiThrottled(ApiError):
    """The API answers 429, or a GraphQL error that says as much."""

    transient = True
    advice = "lower `QUERY_API_CONCURRENCY`, deploy, redrive with a low `--rate`"


class ApiUnavailable(ApiError):
    """The API answers 5xx, not at all, or 200 with what is no GraphQL response."""

    transient = True
    advice = "wait, then redrive"


class ApiTimeout(ApiError):
    """The API gives no whole answer in time."""

    transient = True
    advice = "wait, then redrive"


class ApiUnauthorized(ApiError):
    """The API refuses the credentials, or they lack a permission; an unknown id may look alike."""

    advice = "`accelerator credentials push`, then redrive; for unknown ids, purge"


class ApiRejected(ApiError):
    """The API answers another status, or beyond all size."""

    advice = "is `MOCK_BWP_API` the right address?"


class EntityMissing(ApiError):
    """The response has no errors and no entity: the event may have come before it can be read."""

    transient = True
    advice = "wait, then redrive; for unknown ids, purge"


class GraphQLErrors(ApiError):
    """The response has errors: an unknown id, a document not taken, or what nobody may see."""

    advice = (
        "its message names the error. A document: fix `graphql/`, deploy, redrive; access: "
        "`accelerator credentials push`, redrive; unknown ids: purge"
    )


OWN = {
    error.__name__: error
    for error in (*HydrationError.__subclasses__(), *ApiError.__subclasses__())
    if error is not ApiError
}
# Errors of the services in between, by how they begin: the event and the API are not to blame.
SERVICES = ("Lambda.", "S3.", "SQS.", "Sqs.", "States.Timeout", "Sandbox.Timedout")
TOO_LARGE = "States.DataLimitExceeded"


def is_transient(code: str) -> bool:
    """Whether the same event may succeed later without anybody changing anything."""
    return OWN[code].transient if code in OWN else code.startswith(SERVICES)


def permanent(base: type[HydrationError]) -> set[str]:
    """The names of the errors of a kind that no retry can help."""
    return {name for name, error in OWN.items() if issubclass(error, base) and not error.transient}
