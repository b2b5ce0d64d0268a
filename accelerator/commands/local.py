"""`accelerator up`, `down`, `status` and `console`: the local cloud, and the page that shows it."""

from typing import Annotated

import typer

from accelerator import local_cloud
from accelerator.commands.options import ConsolePort, Json, Local, MockPort, Port
from accelerator.commands.output import output, print_json, shown, step
from accelerator.commands.where import connect, found
from accelerator.console.server import address, new_token, server
from accelerator.listening import dead, dead_told, free_port, listen
from accelerator.local_options import CONSOLE_PORT
from domain.untrusted import REASON


def up(
    port: Port = None,
    mock_port: MockPort = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Deploy the mock Buy with Prime too, as on AWS.")
    ] = False,
    console: Annotated[bool, typer.Option("--console", help="Serve the console too.")] = False,
    console_port: ConsolePort = None,
) -> None:
    """Start the local cloud and the mock API, and deploy the stack; again where it is up.

    A deployment on what is up puts this clone's code, documents and settings in place. What is
    stored and what waits in queues stays; so do options that are not given. At a start, a port that
    is not given is 4566, 4567 or, of the console, 4568, or the next that is free.

    Example: accelerator up --console
    """
    local_cloud.up(
        step,
        port=port,
        mock_port=mock_port,
        sandbox=sandbox,
        console=console,
        console_port=console_port,
    )
    status(as_json=False)


def down() -> None:
    """Stop the local cloud; nothing of it stays behind.

    Example: accelerator down
    """
    output.print("The local cloud is down." if local_cloud.down() else "Nothing was up.")


def status(as_json: Json = False) -> None:
    """Tell where the local cloud's parts are, and which of them no longer answer: exit code 1.

    Example: accelerator status --json
    """
    cloud = found(local=True)
    told = {
        "endpoint": cloud.endpoint,
        "outputs": cloud.outputs.told(),
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
    gone = dead(cloud)
    if as_json:
        print_json(told | ({"dead": gone} if gone else {}))
    else:
        del told["outputs"]
        if gone:
            told["dead"] = dead_told(gone)
        for name, value in {**told, **cloud.outputs.told()}.items():
            output.print(shown(f"{name:22}{value}", longest=REASON), soft_wrap=True)
    if gone:
        raise typer.Exit(1)


def console(console_port: ConsolePort = None, local: Local = None) -> None:
    """Serve a page that shows executions, objects and failures, until ctrl-C.

    A port that is not given is 4568, or the next that is free.

    Example: accelerator console
    """
    cloud, token = connect(local), new_token()
    console_port = console_port or free_port(4568)
    with listen(CONSOLE_PORT, console_port) as listening:
        output.print(f"The console is at {address(console_port, token)}", soft_wrap=True)
        server(cloud, console_port, token).run([listening])
