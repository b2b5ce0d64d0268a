"""The deployment that a command acts on, told before anything is done there."""

from accelerator import deployment
from accelerator.commands.output import errors, shown, tell
from accelerator.deployment import Deployment
from accelerator.listening import CLOUD, dead, dead_told
from accelerator.problem import Problem


def connect(local: bool | None) -> Deployment:
    """The deployment that is asked for, as `accelerator.deployment.connect`; told where it is.

    Raises:
        Problem: it is a local cloud that does not answer any more, too.
    """
    cloud = found(local)
    if cloud.is_local and CLOUD in (gone := dead(cloud)):
        raise Problem(f"dead: {dead_told(gone)}")
    return cloud


def found(local: bool | None) -> Deployment:
    """The deployment that is asked for, answering or not; told where it is."""
    cloud = deployment.connect(local)
    tell(shown(f"on {cloud.where}", "dim"), errors)
    return cloud
