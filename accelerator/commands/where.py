"""The deployment that a command acts on, told before anything is done there."""

from accelerator import deployment
from accelerator.commands.output import errors, shown, tell
from accelerator.deployment import Deployment


def connect(local: bool | None) -> Deployment:
    """The deployment that is asked for, as `accelerator.deployment.connect`; told where it is."""
    cloud = deployment.connect(local)
    tell(shown(f"on {cloud.where}", "dim"), errors)
    return cloud
