"""A clean copy of the project in which a user works, with all that `make setup` installs."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from stacks.bundle import BUNDLES, libraries
from tests.harness.environment import PROJECT

INSTALLED = Path(sys.prefix)
SCRIPT = b"#!" + os.fsencode(INSTALLED)


def clone(folder: Path) -> Path:
    """Copy the project as it is in git or about to be, and have what takes long to install shared.

    Its own code comes before the project's on the path of its Python.
    """
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.check_output(listed, cwd=PROJECT, text=True).split("\0"):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    share_python(folder)
    share(PROJECT / "node_modules", folder / "node_modules")
    (folder / "build").mkdir()
    for group in {group for _, group in BUNDLES.values()}:
        (folder / "build" / libraries(group).name).symlink_to(libraries(group))
    for installed in (folder / ".venv", folder / "node_modules"):
        (installed / "ready").write_text(f"0\n{folder}\n")
    return folder


def share_python(folder: Path) -> None:
    """A virtual environment that has the libraries and the programs of this one."""
    own = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", own], check=True)
    (packages,) = own.glob("lib/python*/site-packages")
    (packages / "shared.pth").write_text(f"{folder}\n{sysconfig.get_path('purelib')}\n")
    for program in (INSTALLED / "bin").iterdir():
        copy = own / "bin" / program.name
        if program.is_file() and not copy.exists():
            text = program.read_bytes()
            if text.startswith(SCRIPT):
                copy.write_bytes(text.replace(SCRIPT, b"#!" + os.fsencode(own), 1))
                copy.chmod(0o755)
            else:
                copy.symlink_to(program)


def share(folder: Path, own: Path) -> None:
    """A folder with links to all that is in another."""
    own.mkdir()
    for each in folder.iterdir():
        if each.name != "ready":
            (own / each.name).symlink_to(each)


def cleared_environment(home: Path) -> dict[str, str]:
    """The environment of a user who has just logged in, without an AWS account."""
    own = str(INSTALLED / "bin")
    path = [each for each in os.environ["PATH"].split(os.pathsep) if each != own]
    home.mkdir()
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join(path),
        "LANG": "C.UTF-8",
        # Where these tests run there may be a server that gives credentials.
        "AWS_EC2_METADATA_DISABLED": "true",
    }
