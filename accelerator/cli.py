"""The command line."""

import json
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from accelerator import credentials, local_cloud
from accelerator import demo as demonstration
from accelerator.cloud import connect
from accelerator.console.server import address, new_token, server
from accelerator.cost.cli import cost
from accelerator.doctor import examine
from accelerator.executions import cli as executions
from accelerator.failures import cli as failures
from accelerator.fire import fire as fire_events
from accelerator.options import ConsolePort, Json, Local
from accelerator.problem import Problem
from accelerator.processes import Interrupted, interrupt_on_signals
from accelerator.replay import moment
from accelerator.replay import replay as replay_events
from mock_api import events
from mock_api.event_api import ENTRIES_A_CALL

app = typer.Typer(
    help="Run, fire at and look into the Enterprise Event Accelerator.",
    epilog="Exit codes: 0 done, 1 a problem or something left, 2 wrong usage, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(failures.app, name="failures")
app.add_typer(credentials.app, name="credentials")
output = Console(highlight=False)

Port = Annotated[
    int, typer.Option(envvar="ACCELERATOR_PORT", help="Port of the local cloud.", min=1, max=65535)
]
MockPort = Annotated[
    int,
    typer.Option(
        envvar="ACCELERATOR_MOCK_PORT",
        help="Port of the mock Buy with Prime.",
        min=1,
        max=65535,
    ),
]


@app.command()
def up(
    port: Port = 4566,
    mock_port: MockPort = 4567,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Deploy the mock Buy with Prime too, as on AWS.")
    ] = False,
    with_console: Annotated[bool, typer.Option("--console", help="Serve the console too.")] = False,
    console_port: ConsolePort = 4568,
) -> None:
    """Start the local cloud and the mock API, and deploy the stack.

    Example: accelerator up --console
    """
    local_cloud.up(port, mock_port, sandbox, console_port if with_console else None)
    status(as_json=False)


@app.command()
def down() -> None:
    """Stop the local cloud; nothing of it stays behind.

    Example: accelerator down
    """
    output.print("The local cloud is down." if local_cloud.down() else "Nothing was up.")


@app.command()
def status(as_json: Json = False) -> None:
    """Tell where the local cloud's parts are.

    Example: accelerator status --json
    """
    cloud = connect(local=True)
    told = {
        "endpoint": cloud.endpoint,
        "outputs": cloud.outputs,
        "mock_api": cloud.mock_api,
        "event_api": cloud.event_api,
    }
    keys = cloud.session.get_credentials()
    assert keys is not None, "the local cloud has them always"
    told |= {
        "region": cloud.session.region_name,
        "aws_access_key_id": keys.access_key,
        "aws_secret_access_key": keys.secret_key,
    }
    told |= {
        name: value
        for name in ("event_api_key", "console")
        if (value := getattr(cloud, name)) is not None
    }
    if as_json:
        print(json.dumps(told))
        return
    del told["outputs"]
    for name, value in {**told, **cloud.outputs}.items():
        output.print(f"{name:22}{value}", soft_wrap=True)


@app.command()
def fire(
    event_type: Annotated[
        str, typer.Argument(help=f"order (for order_placed), {', '.join(events.EVENT_TYPES)}.")
    ],
    id: Annotated[str | None, typer.Option(help="Id of the entity, or a magic id.")] = None,
    count: Annotated[int, typer.Option(help="How many events to send.", min=1)] = 1,
    local: Local = False,
) -> None:
    """Put events on the bus of the local cloud or of the sandbox.

    Example: accelerator fire order --id error-503 --count 20
    """
    event_type = "order_placed" if event_type == "order" else event_type
    cloud = connect(local)
    with Progress(console=local_cloud.console, transient=True) as progress:
        task = progress.add_task("Sending", total=count)
        while (sent := int(progress.tasks[0].completed)) < count:
            batch = min(ENTRIES_A_CALL, count - sent)
            fire_events(cloud, event_type, id, batch)
            progress.advance(task, batch)
    output.print(f"sent {count}")


app.command()(executions.watch)
app.command()(executions.trace)
app.command()(cost)


@app.command()
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


@app.command()
def replay(
    start: Annotated[str, typer.Option("--from", help="Such as 2026-11-24T08:00, in UTC.")],
    end: Annotated[str, typer.Option("--to", help="Such as 2026-11-24T09:30, in UTC.")],
    kind: Annotated[
        str | None, typer.Option(help="order, buyability or inventory; all without it.")
    ] = None,
    local: Local = False,
) -> None:
    """Send a span of archived events again; each writes the object it wrote before.

    Example: accelerator replay --from 2026-11-24T08:00 --to 2026-11-24T09:30 --kind order
    """
    first, last = moment(start), moment(end)
    for name in replay_events(connect(local), first, last, kind):
        output.print(f"started replay {name}", soft_wrap=True)


@app.command()
def console(console_port: ConsolePort = 4568, local: Local = False) -> None:
    """Serve a page that shows executions, objects and failures, until ctrl-C.

    Example: accelerator console
    """
    cloud, token = connect(local), new_token()
    local_cloud.check_ports({"--console-port": console_port})
    output.print(f"The console is at {address(console_port, token)}", soft_wrap=True)
    server(cloud, console_port, token).run()


@app.command()
def demo(port: Port = 4566, mock_port: MockPort = 4567, as_json: Json = False) -> None:
    """Start the local cloud, send it nine events, show where each ends, and stop it.

    Example: accelerator demo --json
    """
    cloud = local_cloud.up(port, mock_port)
    try:
        fired, outcome = demonstration.run_demo(cloud, local_cloud.console if as_json else output)
        if not as_json:
            demonstration.print_outcome(fired, outcome, output)
    finally:
        local_cloud.down()
    counts = outcome.counts(fired)
    if as_json:
        print(json.dumps(counts))
    else:
        output.print(
            "To look into events of your own: [bold]accelerator up --console[/], and open the "
            "address it prints.",
            soft_wrap=True,
        )
    if counts["lost"]:
        raise Problem(f"{counts['lost']} events ended nowhere")


def main() -> None:
    """Run the command line; a problem is one line on standard error and exit code 1."""
    interrupt_on_signals()
    try:
        app(standalone_mode=True)
    except (Problem, ClientError, BotoCoreError) as error:
        local_cloud.console.print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
    except Interrupted:
        local_cloud.console.print("interrupted")
        sys.exit(130)
