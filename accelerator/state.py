"""The local cloud's own files: JSON that this user alone may read, whole or not there at all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from accelerator.problem import Problem


def read(file: Path, missing: Any, advice: str) -> Any:
    """What a file holds; `missing` where there is no such file.

    Raises:
        Problem: it cannot be read or holds no JSON. Ends with the advice.
    """
    try:
        return json.loads(file.read_bytes())
    except FileNotFoundError:
        return missing
    except OSError as error:
        raise Problem(f"{file} cannot be read ({error.strerror}): {advice}") from None
    except (ValueError, RecursionError):
        raise broken(file, advice) from None


def broken(file: Path, advice: str) -> Problem:
    """The problem with a file that holds something else than was written into it."""
    return Problem(f"{file} is broken: {advice}")


def write(file: Path, data: Any) -> None:
    """Replace a file.

    Raises:
        Problem: it cannot be written.
    """
    with usable(file):
        # Whoever else may read its folder may not read the file, from the first moment.
        with NamedTemporaryFile("w", dir=file.parent, delete=False) as whole:
            json.dump(data, whole)
        Path(whole.name).replace(file)


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Raise a Problem where a file or folder, or what is in it, cannot be made or removed."""
    try:
        yield
    except OSError as error:
        raise Problem(
            f"{error.filename or path} cannot be changed ({error.strerror}): correct that, or "
            "choose another folder with ACCELERATOR_STATE_DIR"
        ) from None
