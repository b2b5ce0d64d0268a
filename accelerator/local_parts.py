"""The parts of the local cloud, started and deployed on, step by step."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from accelerator import state
from accelerator.console import server as console_server
from accelerator.credentials import KEYS, push_credentials
from accelerator.deployment import (
    CDK,
    PROJECT,
    STATE_DIR,
    STATUS_FILE,
    Deployment,
    local_cloud,
    local_environment,
    local_session,
    read_status,
)
from accelerator.listening import answers, listen
from accelerator.local_options import CONSOLE_PORT, MOCK_PORT, PORT, Options
from accelerator.problem import Problem
from accelerator.processes import Processes, interrupts_deferred
from accelerator.templates import keep, kept_templates, recall
from domain.names import SANDBOX_STACK, STACK
from domain.outputs import Outputs
from stacks.settings import Settings, variables

CDK_OUT = STATE_DIR / "cdk.out"
OUTPUTS = STATE_DIR / "outputs.json"
PROCESSES = STATE_DIR / "processes.json"
MINISTACK, MOCK, CONSOLE = (
    f"accelerator.{name}" for name in ("ministack_launcher", "mock_server", "console.server")
)
# The names of the processes that are over when all is up.
CDK_RUNS = ("cdk_synth", "cdk_bootstrap", "cdk_deploy")
READY = "/_ministack/ready"
START_SECONDS = 60


class LocalCloud:
    """One start of the local cloud, or one deployment on it while it is up."""

    def __init__(
        self,
        options: Options,
        settings: Settings,
        region: str,
        step: Callable[[str], AbstractContextManager[object]],
        sockets: dict[str, socket.socket],
        status: Mapping[str, Any] | None = None,
    ) -> None:
        """Take the sockets to serve on, by option, and the status of what is up already."""
        self._options = options
        self._settings = settings
        self._region = region
        self._step = step
        self._sockets = sockets
        self._endpoint = f"http://127.0.0.1:{options.port}"
        was = status or {}
        # Others on this machine can reach the port: whoever has this may use what is there.
        self._access_key = was.get("access_key") or secrets.token_hex(16)
        # An open page of the console goes on with its token.
        self._console = was.get("console")
        self._token = console_server.token_of(self._console) or console_server.new_token()
        self._kept = kept_templates(settings, self._endpoint)
        self._processes = Processes(PROCESSES)
        environment = local_environment(region, self._access_key) | {
            "AWS_ENDPOINT_URL": self._endpoint,
            "MOCK_BWP_API": settings.api_url or "",
            "TOKEN_URL": settings.token_url or "",
            "LOG_EXECUTION_DATA": str(settings.logs_data).lower(),
            "REDRIVE_DELAYS": ",".join(map(str, settings.redrive_delays)) or "off",
            "TMPDIR": str(STATE_DIR / "tmp"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            # It keeps which account an access key is of, for everybody on this machine to read.
            "CDK_HOME": str(STATE_DIR / "cdk"),
            # The warning that Node.js 20 is old would be all that a user sees for 15 seconds.
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
            "NODE_NO_WARNINGS": "1",
            # What the CDK finds in the templates is for AWS, and takes half of their synthesis.
            "CDK_VALIDATION": "false",
        }
        # The API's credentials go into the secret, and to no process.
        self._environment = {n: v for n, v in environment.items() if n not in KEYS}

    def start(self, credentials: dict[str, str] | None = None) -> Deployment:
        """Start, deploy and tell where everything is."""
        (STATE_DIR / "tmp").mkdir()
        synth = self._start_synthesis()
        with self._step("Starting the local cloud"):
            self._start_ministack()
        with self._step("Bootstrapping it"):
            self._bootstrap()
        return self._finish_deployment(synth, credentials)

    def deploy_again(self, credentials: dict[str, str] | None = None) -> Deployment:
        """Deploy on what is up; what the functions and the rules do meanwhile is as on AWS."""
        shutil.rmtree(CDK_OUT, ignore_errors=True)
        return self._finish_deployment(self._start_synthesis(), credentials)

    def _finish_deployment(
        self, synth: subprocess.Popen[bytes] | None, credentials: dict[str, str] | None
    ) -> Deployment:
        with self._step("Synthesizing the stack"):
            self._finish_synthesis(synth)
        with self._step("Deploying the stack"):
            self._deploy()
        outputs = json.loads(OUTPUTS.read_text())
        status = {
            "endpoint": self._endpoint,
            "region": self._region,
            "access_key": self._access_key,
            # A local cloud may be fired at whatever it stands for.
            "outputs": replace(Outputs.read(outputs[STACK]), may_be_fired_at="").told(),
        }
        # Until another is started, and should none be, its address is the one that it has.
        status |= {"console": self._console} if self._console else {}
        state.write(STATUS_FILE, status | self._buy_with_prime(outputs))
        cloud = local_cloud()
        if credentials:
            with self._step("Pushing the credentials"):
                push_credentials(cloud, credentials)
        return self._with_console() if self._options.console else cloud

    def _start_synthesis(self) -> subprocess.Popen[bytes] | None:
        """The synthesis, running; None where its templates were kept from another start."""
        if recall(self._kept, CDK_OUT):
            return None
        return self._run_cdk("synth", "--quiet", "--output", CDK_OUT)

    def _finish_synthesis(self, synth: subprocess.Popen[bytes] | None) -> None:
        if synth:
            self._finish(synth, "cdk synth")
            keep(CDK_OUT, self._kept)

    def _with_console(self) -> Deployment:
        port = self._options.console_port
        environment = self._environment | {console_server.TOKEN_VARIABLE: self._token}
        with self._step("Starting the console"):
            self._serve(CONSOLE, CONSOLE_PORT, port, environment=environment)
        told = {"console": console_server.address(port, self._token)}
        state.write(STATUS_FILE, read_status() | told)
        return local_cloud()

    def _buy_with_prime(self, outputs: dict[str, dict[str, str]]) -> dict[str, str | None]:
        """Where the mock Buy with Prime is: deployed, or served by a process started now."""
        if SANDBOX_STACK in outputs:
            self._processes.stop(MOCK)
            deployed = outputs[SANDBOX_STACK]
            apis = self._session().client("apigateway", endpoint_url=self._endpoint)
            key = apis.get_api_key(apiKey=deployed["EventApiKeyId"], includeValue=True)
            return {
                "mock_api": deployed["GraphqlApiUrl"],
                "event_api": deployed["EventApiUrl"].removesuffix("/put-event"),
                "event_api_key": key["value"],
            }
        with self._step("Starting the mock Buy with Prime"):
            bus = outputs[STACK]["EventBusName"]
            told = bus, self._settings.contract
            self._serve(MOCK, MOCK_PORT, self._options.mock_port, *told)
        return {
            "mock_api": self._settings.api_url,
            "event_api": f"http://127.0.0.1:{self._options.mock_port}",
        }

    def _start_ministack(self) -> None:
        port = self._options.port
        # Its functions would inherit settings, of now and after each deployment to come.
        names = {each.name for each in variables()} - {"AWS_REGION"}
        environment = {n: v for n, v in self._environment.items() if n not in names}
        environment |= ministack_environment(port, self._region)
        self._serve(MINISTACK, PORT, port, environment=environment, path=READY)

    def _bootstrap(self) -> None:
        # Away from cdk.json, or the CDK would synthesize the app for it.
        self._finish(
            self._run_cdk("bootstrap", f"aws://000000000000/{self._region}", cwd=STATE_DIR),
            "cdk bootstrap",
        )

    def _deploy(self) -> None:
        self._create_what_is_configured()
        stacks = [STACK] if self._settings.api_url else [SANDBOX_STACK, STACK]
        arguments: list[str | Path] = ["deploy", *stacks, "--app", CDK_OUT]
        # Nobody looks at a change set here, for which the CDK would wait two seconds.
        arguments += ["--method", "direct", "--require-approval", "never"]
        arguments += ["--outputs-file", OUTPUTS]
        deploy = self._run_cdk(*arguments)
        self._finish(deploy, "cdk deploy")

    def _create_what_is_configured(self) -> None:
        """Create the bus and the bucket that settings name, which exist on AWS only."""
        session = self._session()
        bus, bucket = self._settings.bus_name, self._settings.bucket_name
        with existing_kept():
            if bus and bus != "default":
                session.client("events", endpoint_url=self._endpoint).create_event_bus(Name=bus)
        with existing_kept():
            if bucket:
                session.client("s3", endpoint_url=self._endpoint).create_bucket(Bucket=bucket)

    def _session(self) -> boto3.Session:
        return local_session(self._region, self._access_key)

    def _serve(
        self,
        module: str,
        option: str,
        port: int,
        *arguments: str,
        environment: dict[str, str] | None = None,
        path: str = "/",
    ) -> None:
        """Have a module serve a port, in place of what did so before, and wait until it does."""
        with interrupts_deferred():
            self._processes.stop(module)
            with self._sockets.pop(option, None) or listen(option, port) as listening:
                # Whoever connects is served by this process or, where it ends, by none.
                number = listening.fileno()
                process = self._processes.start(
                    [sys.executable, "-m", module, str(number), *arguments],
                    environment or self._environment,
                    PROJECT,
                    log_of(module),
                    [number],
                )
        wait_for(process, f"http://127.0.0.1:{port}{path}", module)

    def _run_cdk(self, *arguments: str | Path, cwd: Path = PROJECT) -> subprocess.Popen[bytes]:
        command = [CDK, *arguments, "--no-notices"]
        log = log_of(f"cdk {arguments[0]}")
        return self._processes.start(command, self._environment, cwd, log)

    def _finish(self, process: subprocess.Popen[bytes], name: str) -> None:
        if process.wait() != 0:
            raise Problem(f"{name} failed: {last_line(log_of(name))}")


def ministack_environment(port: int, region: str) -> dict[str, str]:
    """What tells ministack to serve one port of this machine, quietly, and nothing else."""
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_REGION": region,
    }


@contextmanager
def existing_kept() -> Iterator[None]:
    """Take what is there already for created."""
    try:
        yield
    except ClientError as error:
        if "Already" not in error.response["Error"]["Code"]:
            raise


def wait_for(process: subprocess.Popen[bytes], url: str, module: str) -> None:
    """Wait until the process that runs a module answers."""
    deadline = time.monotonic() + START_SECONDS
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Problem(f"{module} did not start: {last_line(log_of(module))}")
        time.sleep(0.05)


def log_of(name: str) -> Path:
    """The log file of a process."""
    return STATE_DIR / f"{name.replace(' ', '_')}.log"


def last_line(log: Path) -> str:
    """The last line of a log that says what went wrong."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    telling = [line for line in lines if line and "Subprocess exited" not in line]
    return telling[-1] if telling else "no output"
