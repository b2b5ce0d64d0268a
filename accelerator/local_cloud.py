"""The local cloud: ministack, the mock Buy with Prime, and the real template deployed on it."""

import json
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import boto3

from accelerator import change, state
from accelerator.console import server as console_server
from accelerator.credentials import KEYS, credentials_to_push, push_credentials
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
from accelerator.doctor import check_cdk, check_node
from accelerator.documents import check_documents
from accelerator.listening import answers, check_ports, is_listening
from accelerator.local_settings import MOCK_CREDENTIALS, load_settings, mock_url
from accelerator.problem import Problem
from accelerator.processes import Processes, interrupts_deferred
from accelerator.templates import keep, kept_templates, recall
from domain.names import SANDBOX_STACK, STACK
from domain.outputs import Outputs
from stacks.settings import Settings

CDK_OUT = STATE_DIR / "cdk.out"
OUTPUTS = STATE_DIR / "outputs.json"
PROCESSES = STATE_DIR / "processes.json"
START_SECONDS = 60
# Shows a step, which has a name, while it lasts.
Step = Callable[[str], AbstractContextManager[object]]


def up(
    port: int,
    mock_port: int,
    step: Step = nullcontext,
    sandbox: bool = False,
    console_port: int | None = None,
) -> Deployment:
    """Start everything and deploy; on any failure or interrupt nothing stays behind.

    With `sandbox` the mock Buy with Prime is deployed, as on AWS, and not served by a process.
    With a `console_port` the console is served there. `step` shows each step, by its name.

    Raises:
        Problem: it is up already, a port is busy, Node.js or the CDK is missing, the folder of its
            state cannot be used, or a step failed.
    """
    check_machine()
    check_ports({"--port": port, "--mock-port": mock_port, "--console-port": console_port})
    settings, region = load_settings(None if sandbox else mock_port)
    is_ours = settings.api_url == mock_url(mock_port, "graphql")
    check_documents(settings.contract if is_ours else settings.mocked)
    credentials = None
    if settings.has_secret:
        is_mock = settings.token_url == mock_url(mock_port, "token")
        credentials = MOCK_CREDENTIALS if is_mock else credentials_to_push()
    with interrupts_deferred():
        claim_state_dir()
    try:
        cloud = LocalCloud(port, mock_port, console_port, settings, region, step).start(credentials)
        change.end(STATE_DIR)
        return cloud
    except BaseException:
        down()
        raise


def down() -> bool:
    """End every process of the local cloud and remove its files; False where there was nothing.

    Raises:
        Problem: its state cannot be read, or not be removed.
    """
    with interrupts_deferred(), state.usable(STATE_DIR):
        if not PROCESSES.exists():
            return False
        change.wait_for_another(STATE_DIR)
        if not PROCESSES.exists():
            return True  # the other has left nothing
        change.begin(STATE_DIR, change.STOPPED)
        # Nobody is to find what is being stopped.
        (STATE_DIR / STATUS_FILE.name).unlink(missing_ok=True)
        Processes(PROCESSES).stop()
        shutil.rmtree(STATE_DIR)
    return True


class LocalCloud:
    """One start of the local cloud, step by step."""

    def __init__(
        self,
        port: int,
        mock_port: int,
        console_port: int | None,
        settings: Settings,
        region: str,
        step: Step,
    ) -> None:
        self._step = step
        self._port = port
        self._mock_port = mock_port
        self._console_port = console_port
        self._settings = settings
        self._endpoint = f"http://127.0.0.1:{port}"
        self._region = region
        # Others on this machine can reach the port: whoever has this may use what is there.
        self._access_key = secrets.token_hex(16)
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
        state.write(STATUS_FILE, status | self._buy_with_prime(outputs))
        cloud = local_cloud()
        if credentials:
            with self._step("Pushing the credentials"):
                push_credentials(cloud, credentials)
        return self._with_console(cloud) if self._console_port is not None else cloud

    def _start_synthesis(self) -> subprocess.Popen[bytes] | None:
        """The synthesis, running; None where its templates were kept from another start."""
        if recall(self._kept, CDK_OUT):
            return None
        return self._run_cdk("synth", "--quiet", "--output", CDK_OUT)

    def _finish_synthesis(self, synth: subprocess.Popen[bytes] | None) -> None:
        if synth:
            self._finish(synth, "cdk synth")
            keep(CDK_OUT, self._kept)

    def _with_console(self, cloud: Deployment) -> Deployment:
        port, token = self._console_port or 0, console_server.new_token()
        module = "accelerator.console.server"
        environment = self._environment | {console_server.TOKEN_VARIABLE: token}
        with self._step("Starting the console"):
            process = self._start(module, str(port), environment=environment)
            wait_for(process, lambda: is_listening(port), module)
        state.write(STATUS_FILE, read_status() | {"console": console_server.address(port, token)})
        return local_cloud()

    def _buy_with_prime(self, outputs: dict[str, dict[str, str]]) -> dict[str, str | None]:
        """Where the mock Buy with Prime is: deployed, or served by a process started now."""
        if SANDBOX_STACK in outputs:
            deployed = outputs[SANDBOX_STACK]
            apis = self._session().client("apigateway", endpoint_url=self._endpoint)
            key = apis.get_api_key(apiKey=deployed["EventApiKeyId"], includeValue=True)
            return {
                "mock_api": deployed["GraphqlApiUrl"],
                "event_api": deployed["EventApiUrl"].removesuffix("/put-event"),
                "event_api_key": key["value"],
            }
        with self._step("Starting the mock Buy with Prime"):
            self._start_mock(outputs[STACK]["EventBusName"])
        return {
            "mock_api": self._settings.api_url,
            "event_api": f"http://127.0.0.1:{self._mock_port}",
        }

    def _start_ministack(self) -> None:
        environment = self._environment | ministack_environment(self._port, self._region)
        module = "accelerator.ministack_launcher"
        process = self._start(module, environment=environment)
        wait_for(process, lambda: answers(self._endpoint + "/_ministack/ready"), module)

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
        if bus and bus != "default":
            session.client("events", endpoint_url=self._endpoint).create_event_bus(Name=bus)
        if bucket:
            session.client("s3", endpoint_url=self._endpoint).create_bucket(Bucket=bucket)

    def _session(self) -> boto3.Session:
        return local_session(self._region, self._access_key)

    def _start_mock(self, bus: str) -> None:
        module = "accelerator.mock_server"
        process = self._start(module, str(self._mock_port), bus, self._settings.contract)
        wait_for(process, lambda: is_listening(self._mock_port), module)

    def _start(
        self, module: str, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", module, *arguments]
        return self._processes.start(
            command, environment or self._environment, PROJECT, log_of(module)
        )

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


def check_machine() -> None:
    """Raise a Problem where something stands in the way of `up`."""
    if what := change.changing(STATE_DIR):
        raise Problem(change.told(what))
    if Processes(PROCESSES).any_alive():
        raise Problem("the local cloud is up already: stop it with 'accelerator down'")
    check_node()
    check_cdk()


def claim_state_dir() -> None:
    """Make the folder of this start; what a crashed one left there is removed first.

    Raises:
        Problem: another start has it, it is something else, or it cannot be made.
    """
    with state.usable(STATE_DIR):
        if PROCESSES.exists() and not Processes(PROCESSES).any_alive():
            shutil.rmtree(STATE_DIR)
        with suppress(OSError):  # which it is where something is in the folder, or there is none
            STATE_DIR.rmdir()
        STATE_DIR.parent.mkdir(parents=True, exist_ok=True)
        try:
            STATE_DIR.mkdir(mode=0o700)
        except FileExistsError:
            raise Problem(
                f"{STATE_DIR} is there: the local cloud is being started already, or the folder "
                "is another's: then choose one with ACCELERATOR_STATE_DIR"
            ) from None
    change.begin(STATE_DIR, change.STARTED)
    state.write(PROCESSES, [])


def wait_for(process: subprocess.Popen[bytes], ready: Callable[[], bool], module: str) -> None:
    """Wait until the process that runs a module is ready to serve."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
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
