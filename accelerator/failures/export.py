"""The file that failures are exported to."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from accelerator.problem import Problem
from domain.untrusted import parse


@contextmanager
def written(file: Path) -> Iterator[TextIO]:
    """A new file beside `file`, which takes its place once it is written whole.

    Raises:
        Problem: it is a folder or a device, or cannot be written.
    """
    target = file.resolve()
    if target.exists() and not target.is_file():
        raise Problem(f"{file} is not a file: give the name of one")
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f"{target.name}.", delete=False
        ) as part:
            try:
                yield cast("TextIO", part)
                part.close()
                Path(part.name).replace(target)
            finally:
                Path(part.name).unlink(missing_ok=True)
    except OSError as error:
        raise Problem(f"{file} cannot be written: {error.strerror}") from None


def exported_ids(file: Path) -> set[str]:
    """The ids of the failures in a file that `export` wrote.

    Raises:
        Problem: it cannot be read, or is no such file.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            return {str(parse(line)["id"]) for line in lines}
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise Problem(f"{file} is not what 'accelerator failures export' wrote") from None
