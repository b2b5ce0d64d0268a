"""The local cloud: ministack, the mock Buy with Prime, and the real template deployed on it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress

from accelerator import change, state
from accelerator.credentials import credentials_to_push
from accelerator.deployment import STATE_DIR, STATUS_FILE, Deployment, read_status
from accelerator.doctor import check_cdk, check_node
from accelerator.documents import check_documents
from accelerator.listening import answers, listening
from accelerator.local_options import Options, kept_options, new_options
from accelerator.local_parts import CDK_RUNS, PROCESSES, READY, LocalCloud
from accelerator.local_settings import MOCK_CREDENTIALS, load_settings, mock_url
from accelerator.problem import Problem
from accelerator.processes import Processes, interrupts_deferred
from stacks.settings import Settings

# Shows a step, which has a name, while it lasts.
Step = Callable[[str], AbstractContextManager[object]]


def up(step: Step = nullcontext, **given: int | None) -> Deployment:
    """Start the local cloud, or deploy again on the one that is up, with the given options.

    `step` shows each step, by its name.
    """
    if is_up():
        return deploy_again(step, **given)
    with start(new_options(**given), step) as cloud:
        return cloud


@contextmanager
def start(options: Options, step: Step = nullcontext) -> Iterator[Deployment]:
    """Start everything and deploy; it stays up after what is done with it.

    On any failure or interrupt, of that too, nothing stays behind.

    With `sandbox` the mock Buy with Prime is deployed, as on AWS, and not served by a process.

    Raises:
        Problem: it is up already, a port is busy, Node.js or the CDK is missing, the folder of its
            state cannot be used, or a step failed.
    """
    if is_up():
        raise Problem("the local cloud is up already: stop it with 'accelerator down'")
    check_machine()
    with listening(options.ports) as sockets, ExitStack() as failing:
        settings, region, credentials = configured(options)
        with interrupts_deferred():
            claim_state_dir()
            failing.callback(down)
        options.keep()
        cloud = LocalCloud(options, settings, region, step, sockets).start(credentials)
        change.end(STATE_DIR)
        yield cloud
        failing.pop_all()


def deploy_again(step: Step = nullcontext, **given: int | None) -> Deployment:
    """Deploy what is in this clone and its settings now on the local cloud that is up.

    What it holds stays. It keeps the options that it is up with, but for those that are given. The
    mock Buy with Prime and the console are started again. Whatever fails or is interrupted leaves
    it up, to be deployed once more.

    Raises:
        Problem: another does so, it is up in part only, it would have to move, or a step failed.
    """
    check_machine()
    before, status = kept_options(), read_status()
    options = before.but(**given)
    if options.port != before.port:
        raise Problem(f"the local cloud is up on port {before.port}: to move it, {START_ANEW}")
    if not status or not answers(status["endpoint"] + READY):
        raise Problem(f"the local cloud does not answer: {START_ANEW}")
    new = {name: port for name, port in options.ports.items() if before.ports.get(name) != port}
    with change.alone(STATE_DIR), listening(new) as sockets:
        settings, region, credentials = configured(options)
        if region != status["region"]:
            raise Problem(f"the local cloud is up in {status['region']}: to move it, {START_ANEW}")
        cloud = LocalCloud(options, settings, region, step, sockets, status)
        try:
            deployed = cloud.deploy_again(credentials)
            options.keep()
            return deployed
        finally:
            with interrupts_deferred():
                Processes(PROCESSES).stop(*CDK_RUNS)


START_ANEW = "'accelerator down', then 'up'"


def configured(options: Options) -> tuple[Settings, str, dict[str, str] | None]:
    """The settings of now, their region, and the credentials to push, if any are.

    Raises:
        Problem: a setting or a document is wrong, or credentials are missing.
    """
    settings, region = load_settings(None if options.sandbox else options.mock_port)
    is_ours = settings.api_url == mock_url(options.mock_port, "graphql")
    check_documents(settings.contract if is_ours else settings.mocked)
    if not settings.has_secret:
        return settings, region, None
    is_mock = settings.token_url == mock_url(options.mock_port, "token")
    return settings, region, MOCK_CREDENTIALS if is_mock else credentials_to_push()


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


def is_up() -> bool:
    """Whether a local cloud of this clone is up, or a part of one.

    Raises:
        Problem: one is being started, deployed again or stopped.
    """
    if what := change.changing(STATE_DIR):
        raise Problem(change.told(what))
    return Processes(PROCESSES).any_alive()


def check_machine() -> None:
    """Raise a Problem where something that a deployment needs is missing."""
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
