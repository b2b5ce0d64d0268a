"""`accelerator doctor`: what stands in the way of a deployment."""

import json

import typer
from rich.markup import escape

from accelerator.commands.options import Json
from accelerator.commands.output import output
from accelerator.doctor import examine


def doctor(as_json: Json = False) -> None:
    """Check this machine and the configuration before deploying to AWS.

    Example: accelerator doctor
    """
    findings = []
    for finding in examine():
        findings.append(finding)
        mark = "[green]✓[/]" if finding.well else "[red]✗[/]"
        if not as_json:
            output.print(f"{mark} {finding.name}: {escape(finding.told)}", soft_wrap=True)
    if as_json:
        print(json.dumps([finding._asdict() for finding in findings]))
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)
