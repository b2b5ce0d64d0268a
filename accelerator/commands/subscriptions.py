"""`accelerator subscriptions`: which events Buy with Prime sends, and where."""

import os
from typing import Annotated

import typer

from accelerator import subscriptions
from accelerator.commands.options import Json, Local
from accelerator.commands.output import output, print_json, shown
from accelerator.commands.where import connect
from accelerator.deployment import PROJECT, Deployment
from accelerator.plural import plural
from accelerator.problem import Problem
from accelerator.published_api import PublishedApi
from accelerator.subscriptions import PARTNER, api_of, source_name
from domain.published import BUSINESS_PRODUCT, CURRENT, FORMER
from domain.regions import partition
from domain.untrusted import REASON
from stacks.parsers import SettingError
from stacks.settings import Settings

app = typer.Typer(help="Subscribe to the published Buy with Prime's events.", no_args_is_help=True)
NONE = "No subscriptions."
Name = Annotated[
    str | None, typer.Option(help="Name of the partner event source; without it, one of our own.")
]


@app.callback()
def main() -> None:
    """Subscribe to the published Buy with Prime's events."""


def connected(local: bool | None) -> tuple[Deployment, PublishedApi]:
    """A deployment, and the API with its credentials."""
    cloud = connect(local)
    if cloud.is_local:
        return cloud, api_of(cloud, asked_locally(cloud))
    try:
        return cloud, api_of(cloud, Settings.load(PROJECT / ".env", os.environ))
    except SettingError as error:
        raise Problem(f"{error} (see .env.example)") from None


def asked_locally(cloud: Deployment) -> Settings:
    """The settings for the mock of a local cloud."""
    return Settings(
        api_version=cloud.outputs.api_version,
        api_url=cloud.mock_api,
        token_url=f"{cloud.event_api}/token",
        target_id=BUSINESS_PRODUCT,
    )


@app.command("list")
def list_subscriptions(as_json: Json = False, local: Local = None) -> None:
    """List the subscriptions of the deployment's credentials.

    Example: accelerator subscriptions list
    """
    found = False
    for each in subscriptions.listed(connected(local)[1]):
        found = True
        if as_json:
            print_json(each._asdict())
        else:
            told = f"{each.id}  {each.event_type}  {each.destination}"
            output.print(shown(told, longest=REASON), soft_wrap=True)
    if not (found or as_json):
        output.print(NONE)


@app.command()
def create(
    event_types: Annotated[
        list[str] | None, typer.Argument(help="Event types; without any, all that are hydrated.")
    ] = None,
    name: Name = None,
    associate: Annotated[
        bool, typer.Option("--associate", help="Make a bus of the partner event source too.")
    ] = False,
    local: Local = None,
) -> None:
    """Subscribe to events into this account and region, and tell what EVENT_BUS_ARN is then.

    Example: accelerator subscriptions create --associate
    """
    unknown = sorted(set(event_types or ()) - {*CURRENT, *FORMER})
    if unknown:
        raise Problem(f"not hydrated: {', '.join(unknown)}; give {', '.join(CURRENT)}")
    cloud, api = connected(local)
    sts = cloud.session.client("sts", endpoint_url=cloud.endpoint)
    account = sts.get_caller_identity()["Account"]
    name = name or source_name(cloud.region, account)
    refused = False
    for event_type, became in subscriptions.create(
        api, event_types or CURRENT, cloud.region, account, name
    ):
        output.print(shown(f"{event_type}: {became}", longest=REASON), soft_wrap=True)
        refused = refused or became.startswith("refused")
    tell_the_bus(cloud, name, account, associate)
    if refused:
        raise typer.Exit(1)


def tell_the_bus(cloud: Deployment, name: str, account: str, associate: bool) -> None:
    """Make the bus, or say how; and the line for `.env`."""
    of_aws = f"arn:{partition(cloud.region).name}"
    arn = f"{of_aws}:events:{cloud.region}:{account}:event-bus/{PARTNER}/{name}"
    if associate:
        arn = subscriptions.associate(cloud, name)
    else:
        source = f"{PARTNER}/{name}"
        output.print(
            f"Make a bus of it: aws events create-event-bus --name {source} "
            f"--event-source-name {source}, or give --associate.",
            soft_wrap=True,
        )
    output.print(f"Put into .env and deploy:\nEVENT_BUS_ARN={arn}", soft_wrap=True)


@app.command()
def delete(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids, as list tells them.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    local: Local = None,
) -> None:
    """Delete subscriptions: Buy with Prime sends no more of their events. With --all, asks first.

    Example: accelerator subscriptions delete 0b0f5d0e-77d5-4a2c-9a3c-3f9a5b9d7a55
    """
    if bool(ids) == all_:
        raise Problem("which? give ids, or say --all")
    cloud, api = connected(local)
    meant = list(subscriptions.ids_of(api)) if all_ else ids or []
    if all_ and meant and not yes:
        told = plural(len(meant), "subscription")
        question = f"Delete {told} of the credentials on {cloud.where} for good?"
        typer.confirm(question, abort=True, err=True)
    if not meant:
        output.print(NONE)
    for subscription_id in subscriptions.delete(api, meant):
        output.print(shown(f"deleted {subscription_id}"), soft_wrap=True)
