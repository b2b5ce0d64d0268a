"""`accelerator forget`: all that is stored about an entity, deleted for good."""

from collections import Counter
from typing import Annotated

import typer

from accelerator.commands.options import Json, Local
from accelerator.commands.output import counting, errors, output, print_json, shown, tell
from accelerator.commands.where import connect
from accelerator.deployment import Deployment
from accelerator.objects.find import Entity, Found, find
from accelerator.objects.forget import Receipt, out_of_sight, warnings
from accelerator.objects.forget import forget as forgotten
from accelerator.objects.listing import Wanted
from accelerator.plural import plural
from domain.untrusted import REASON

SHOWN_KEYS = 100


def forget(
    entity: Annotated[str, typer.Argument(help="Such as order.")],
    id: Annotated[str, typer.Argument(help="Its id.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    local: Local = None,
) -> None:
    """Delete all that is stored about an entity for good, failures included. Asks first.

    Every version of its objects goes, and each failure of its events. Then it looks again whether
    anything is left. Interrupted, or while events wait for their redrive, run it again. Its end is
    a receipt.

    Example: accelerator forget order 322-F7BK-3EVJE7 --dry-run
    """
    (known,) = Wanted(entity, id).entities
    cloud, wanted, receipt = connect(local), Entity(known, id), Receipt()
    with counting("looked at") as (seen,):
        found = find(cloud, wanted, seen)
    notes = list(warnings(cloud, found))
    named = {"entity": entity, "entityId": id, "bucket": cloud.outputs.response_bucket_name}
    if dry_run and as_json:
        versions = [each.told() for each in found.versions]
        print_json(named | {"found": versions, "failures": found.failures, "notes": notes})
        return
    show(found, wanted, notes, as_json)
    if dry_run:
        return
    if found and not yes:
        typer.confirm(question(found, cloud), abort=True, err=True)
    try:
        with counting("deleted", "looked at again") as (done, seen):
            forgotten(cloud, wanted, found, receipt, seen, done)
    finally:
        if as_json:
            print_json(named | receipt.told() | {"notes": notes})
        else:
            print_receipt(receipt)
    if not receipt.is_complete:
        raise typer.Exit(1)


def show(found: Found, wanted: Entity, notes: list[str], as_json: bool) -> None:
    """Show what was found, on standard error where the receipt is for a program."""
    console = errors if as_json else output
    if not found:
        errors.print(shown(f"nothing is stored of {wanted.entity} {wanted.id}", longest=REASON))
    keys = Counter(each.key for each in found.versions)
    for key, count in keys.most_common(SHOWN_KEYS):
        console.print(shown(key, longest=len(key)), f"({plural(count, 'version')})", soft_wrap=True)
    if len(keys) > SHOWN_KEYS:
        console.print(f"and {plural(len(keys) - SHOWN_KEYS, 'other key')}")
    for failure_id in found.failures[:SHOWN_KEYS]:
        console.print("failure", shown(failure_id))
    if len(found.failures) > SHOWN_KEYS:
        console.print(f"and {plural(len(found.failures) - SHOWN_KEYS, 'other failure')}")
    for note in notes:
        tell(shown(note, "dim", REASON), errors)


def question(found: Found, cloud: Deployment) -> str:
    """What to confirm."""
    versions, failures = len(found.versions), len(found.failures)
    told = f"{plural(versions, 'version')} and {plural(failures, 'failure')}"
    return f"Delete {told} on {cloud.where} for good?"


def print_receipt(receipt: Receipt) -> None:
    """Print what was deleted, and what was not."""
    for each in receipt.versions:
        output.print(shown(f"deleted {each.key} {each.version_id}", longest=REASON), soft_wrap=True)
    for failure_id in receipt.failures:
        output.print(shown(f"deleted failure {failure_id}"))
    for each, code in receipt.refused.items():
        told = f"stays {each.key} {each.version_id}: {code}"
        output.print(shown(told, "red", longest=REASON), soft_wrap=True)
    versions, failures = len(receipt.versions), len(receipt.failures)
    told = f"deleted {plural(versions, 'version')}, {plural(failures, 'failure')}"
    output.print(f"{told}: {ending(receipt)}", soft_wrap=True)


def ending(receipt: Receipt) -> str:
    """Whether anything is left, and what to do then."""
    if receipt.is_complete:
        return "nothing is left"
    if receipt.left is None or receipt.left:
        return "something is left: run this again"
    return "; ".join(("nothing is left that can be looked at", *out_of_sight(receipt.left)))
