"""Builds what a function is deployed as: its code, its libraries and their bytecode."""

import compileall
import hashlib
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
BUILD = PROJECT / "build"
UV = Path(sys.executable).with_name("uv")
# The functions run on the interpreter that tests them, so that its bytecode fits.
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# What no function imports: metadata, and of Powertools all but logs, metrics and what these need
# (of its utilities, that is jmespath_utils alone).
UNUSED = (
    *("*.dist-info", "bin", ".lock"),
    *("aws_lambda_powertools/event_handler", "aws_lambda_powertools/utilities/[!j]*/"),
)
# What each function is made of, and the group of pyproject.toml that names its libraries.
BUNDLES = {
    "extract_id": (["functions/extract_id"], "functions"),
    "query_api": (["functions/query_api", "graphql", "domain"], "functions"),
    "classify_error": (["functions/classify_error"], "functions"),
    "redrive": (["functions/redrive", "functions/classify_error"], "functions"),
    "mock_api": (["mock_api"], "sandbox"),
}


def bundle(function: str) -> Path:
    """The folder to deploy for a function, built unless it already is."""
    folders, group = BUNDLES[function]
    files = sorted(file for folder in folders for file in sources(PROJECT / folder))
    target = BUILD / f"{function}-{digest(PROJECT / 'uv.lock', Path(__file__), *files)}"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=libraries(group).parent) as made:
            build = Path(made, target.name)
            shutil.copytree(libraries(group), build)
            for file in files:
                copy = build / file.relative_to(PROJECT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)
            compile_bytecode(build)
            publish(build, target)
    return target


def sources(folder: Path) -> Iterator[Path]:
    """The files of a folder and those below it, but for Python's caches."""
    return (
        file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    )


def libraries(group: str) -> Path:
    """The folder with the libraries of a dependency group, as `uv.lock` pins them."""
    target = BUILD / f"libraries-{group}-{PYTHON}-{digest(PROJECT / 'uv.lock', Path(__file__))}"
    if not target.exists():
        BUILD.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as made:
            pins, build = Path(made, "pins.txt"), Path(made, "libraries")
            uv("export", "--frozen", "--only-group", group, "--output-file", pins)
            uv("pip", "install", "--no-deps", "--target", build, "--requirement", pins)
            for unused in (file for pattern in UNUSED for file in build.glob(pattern)):
                shutil.rmtree(unused) if unused.is_dir() else unused.unlink()
            publish(build, target)
    return target


def publish(build: Path, target: Path) -> None:
    """Move what was built into its place, unless another process was faster."""
    try:
        build.replace(target)
    except OSError:
        if not target.exists():
            raise


def uv(*arguments: str | Path) -> None:
    """Run uv in the project, quietly unless it fails."""
    subprocess.run(
        [UV, "--quiet", "--system-certs", *arguments],
        cwd=PROJECT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def compile_bytecode(folder: Path) -> None:
    """Compile a folder, so that a cold start does not.

    Zip files lose times of day, so the bytecode is not to be checked against its source.
    """
    compileall.compile_dir(
        folder,
        quiet=1,
        force=True,
        stripdir=str(folder),
        prependdir="/var/task",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def digest(*files: Path) -> str:
    """A short digest of files' places and contents."""
    sha = hashlib.sha256(PYTHON.encode())
    for file in files:
        sha.update(str(file.relative_to(PROJECT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return sha.hexdigest()[:16]
