"""`accelerator doctor`: what stands in the way of a deployment."""

import typer
from rich.text import Text

from accelerator.commands.options import Json
from accelerator.commands.output import print_json, shown, tell
from accelerator.doctor import examine
from domain.untrusted import REASON

# By whether all is well; None: a remark.
MARKS = {True: ("✓ ", "green"), False: ("✗ ", "red"), None: ("· ", "dim")}


def doctor(as_json: Json = False) -> None:
    """Check this machine and the configuration before deploying to AWS.

    Example: accelerator doctor
    """
    findings = []
    for finding in examine():
        findings.append(finding)
        mark = MARKS[finding.well]
        if not as_json:
            told = shown(finding.told, longest=REASON)
            tell(Text.assemble(mark, f"{finding.name}: ", told))
    if as_json:
        print_json([finding._asdict() for finding in findings])
    if any(finding.well is False for finding in findings):
        raise typer.Exit(1)
