"""The synthesized templates, kept by a digest of what they are made of.

Synthesizing takes longer than all the rest of a start, and nearly always makes the same again.
"""

import shutil
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from stacks.bundle import BUILD, PROJECT, digest, publish, sources
from stacks.settings import Settings

FILES = ("app.py", "cdk.json", "package-lock.json", "uv.lock")
FOLDERS = ("domain", "functions", "graphql", "mock_api", "stacks", "state_machines")
UNUSED_SECONDS = 24 * 3600


def kept_templates(settings: Settings, endpoint: str) -> Path:
    """Where the templates for these settings on a local cloud's endpoint are kept, or will be."""
    files = [file for folder in FOLDERS for file in sorted(sources(PROJECT / folder))]
    made_of = digest(*(PROJECT / name for name in FILES), *files)
    configured = sha256(f"{settings} {endpoint}".encode()).hexdigest()[:16]
    return BUILD / f"templates-{made_of}-{configured}"


def recall(kept: Path, output: Path) -> bool:
    """Copy kept templates to `output`; False where there are none."""
    if not kept.exists():
        return False
    shutil.copytree(kept, output)
    kept.touch()
    return True


def keep(output: Path, kept: Path) -> None:
    """Keep the templates in `output`, and remove those that nobody has used for a day."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as made:
        publish(shutil.copytree(output, Path(made, "templates")), kept)
    for other in BUILD.glob("templates-*"):
        with suppress(FileNotFoundError):
            if time.time() - other.stat().st_mtime > UNUSED_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
