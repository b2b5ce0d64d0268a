"""`accelerator cost`: what a month's events cost, and which quota they would reach first."""

from typing import Annotated, Literal

import boto3
import typer
from botocore.exceptions import NoCredentialsError

from accelerator.commands.cost_tables import cost_table, difference, first, quota_table
from accelerator.commands.options import Json
from accelerator.commands.output import output, print_json
from accelerator.cost import estimate as costs
from accelerator.cost import quotas
from accelerator.cost.estimate import EXECUTION_MS, MEASURED, PRICES, PUT_MS, Load
from accelerator.cost.quotas import Limit
from accelerator.deployment import NO_CREDENTIALS, aws_session
from accelerator.problem import Problem
from domain.family import MOCK
from stacks import parsers
from stacks.parsers import SettingError

QUERY_API_CONCURRENCY = "QUERY_API_CONCURRENCY"


def version(text: str) -> str:
    """A version of the published API."""
    try:
        return parsers.api_version("API_VERSION", text)
    except SettingError as error:
        raise typer.BadParameter(str(error)) from None


def cost(
    events: Annotated[float, typer.Option(help="How many events a month.", min=1)] = 1e6,
    latency: Annotated[float, typer.Option(help="The API's latency in ms.", min=0)] = 150,
    payload: Annotated[float, typer.Option(help="Size of a response in KB.", min=0)] = 10,
    logs: Annotated[
        Literal["all", "error", "off"], typer.Option(help="Which executions write logs.")
    ] = "all",
    data: Annotated[Literal["on", "off"], typer.Option(help="Execution data in the logs.")] = "off",
    retention_days: Annotated[int, typer.Option(help="Days to keep logs.", min=1)] = 30,
    archive_days: Annotated[int, typer.Option(help="Days to archive events.", min=0)] = 0,
    api_version: Annotated[
        str | None,
        typer.Option(envvar="API_VERSION", parser=version, help="As it is set: more event types."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(metavar="EVENTS_A_SECOND", help="Events a second at the most.", min=0.001),
    ] = None,
    region: Annotated[str | None, typer.Option(help="Of the quotas; else the configured.")] = None,
    account: Annotated[
        bool, typer.Option("--account", help="Ask the account for the quotas that it has.")
    ] = False,
    concurrency: Annotated[
        int | None, typer.Option(envvar=QUERY_API_CONCURRENCY, help="As it is set.", min=1)
    ] = None,
    api_rate: Annotated[
        float | None, typer.Option(help="The requests a second that the API takes.", min=0.001)
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what a month's events cost in US dollars, part by part, and the alternatives.

    With --rate, tell instead which quota so many events a second reach first.

    Example: accelerator cost --events 1e6 --latency 150 --logs error

    Example: accelerator cost --rate 500 --account
    """
    if rate:
        tell_quotas(rate, latency, region, account, concurrency, api_rate, as_json)
        return
    days, contract = (retention_days, archive_days), api_version or MOCK
    priced = costs.estimate(Load(events, latency, payload, logs, data == "on", *days, contract))
    if as_json:
        print_json(priced)
        return
    output.print(cost_table(priced))
    output.print(
        f"List prices of {PRICES['date']} in {PRICES['region']} (accelerator/cost/prices.json), "
        f"durations, memory and log bytes of {MEASURED['commit']} as `make bench` measured them; "
        f"assumed: {EXECUTION_MS} ms of Step Functions and {PUT_MS} ms for a PUT."
    )
    output.print(difference(priced))


def tell_quotas(
    rate: float,
    latency: float,
    region: str | None,
    account: bool,
    concurrency: int | None,
    api_rate: float | None,
    as_json: bool,
) -> None:
    """Tell every quota, first the one that is reached first."""
    session = aws_session(region)
    where = session.region_name or PRICES["region"]
    if account and not session.region_name:
        raise Problem("no region is configured: give --region, or set AWS_REGION")
    had = quotas.defaults(where)
    had[quotas.CONCURRENCY] -= concurrency or 0
    if account:
        had |= of_account(session)
    limits = quotas.limits(had, latency, concurrency, api_rate)
    if as_json:
        print_json([told(limit, rate) for limit in limits])
        return
    output.print(quota_table(limits, rate))
    output.print(first(limits[0], rate))
    output.print(
        f"The account's own quotas in {where}; those of Step Functions and S3 are AWS's defaults."
        if account
        else f"AWS's defaults in {where} of {quotas.DATA['date']} (accelerator/cost/quotas.json); "
        "a new account may have ten Lambda executions at once: see --account."
    )
    if not api_rate:
        output.print("What the API takes is not known here: ask its owner, then give --api-rate.")


def of_account(session: boto3.Session) -> dict[str, float]:
    """The quotas that an account has.

    Raises:
        Problem: no credentials are configured.
    """
    try:
        return quotas.of_account(session)
    except NoCredentialsError:
        raise Problem(NO_CREDENTIALS) from None


def told(limit: Limit, rate: float) -> dict[str, float | str]:
    """A quota for programs to read."""
    return {
        "quota": limit.name,
        "most": limit.most,
        "needed": rate * limit.an_event,
        "reachedAt": limit.rate,
        "then": limit.then,
    }
