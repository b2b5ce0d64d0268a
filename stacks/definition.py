"""Checks the state machine's definition before Step Functions would refuse it."""

import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[1]
DEFINITION = PROJECT / "state_machines" / "hydrate_event.asl.json"
LINT = PROJECT / "state_machines" / "lint.mjs"


class DefinitionError(Exception):
    """Says in a line what is wrong with a definition: the file, line and column of one mistake."""


def check(definition: Path = DEFINITION) -> None:
    """Check a definition with AWS's own language service for it.

    Raises:
        DefinitionError: it is missing, no definition, leads to a state that there is not, or
            cannot be checked.
    """
    name = f"{definition.parent.name}/{definition.name}"
    if not definition.exists():
        raise DefinitionError(f"{name} is missing: it is the state machine")
    ran = subprocess.run(["node", LINT, definition], capture_output=True, text=True)
    if ran.returncode and not ran.stdout:
        raise DefinitionError(f"{name} cannot be checked: run 'make setup'")
    if ran.returncode:
        found = ran.stdout.replace(str(definition), name).splitlines()
        others = f" (and {len(found) - 1} more: 'make lint')" if len(found) > 1 else ""
        raise DefinitionError(f"{found[0]}{others}")
