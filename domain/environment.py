"""What a deployment configures its functions with."""

import os

from domain.errors import MissingVariable


def variable(name: str) -> str:
    """The value of an environment variable.

    Raises:
        MissingVariable: there is none.
    """
    if name not in os.environ:
        raise MissingVariable(f"the function has no {name}: deploy the stack again")
    return os.environ[name]
