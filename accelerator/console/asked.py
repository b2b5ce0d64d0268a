"""What a request asks for, which may hold anything."""

from types import UnionType
from typing import Any

from starlette.requests import Request

from accelerator.problem import Problem
from domain.untrusted import parse


class Missing(Problem):
    """What is asked for is not there."""


def named(request: Request, name: str) -> str:
    """A parameter of the query that says what is asked for.

    Raises:
        Missing: it is not given.
    """
    if value := request.query_params.get(name):
        return value
    raise Missing(f"nothing is asked for: give its {name}")


def reveals(request: Request) -> bool:
    """Whether the reader asks to see customer data."""
    return request.query_params.get("reveal") == "true"


async def body(request: Request, **form: type | UnionType) -> dict[str, Any]:
    """The JSON object that is sent, its members of the types that `form` gives.

    Raises:
        Problem: it is another thing.
    """
    try:
        given = parse(await request.body())
    except ValueError as error:
        raise Problem(f"what was sent is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise Problem(f"send a JSON object with {' and '.join(form)}")
    read = {name: given.get(name) for name in form}
    for name, kind in form.items():
        if not isinstance(read[name], kind):
            raise Problem(f"{name} is of another type than it has to be, or not given")
    return read
