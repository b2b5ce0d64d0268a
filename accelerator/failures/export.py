"""The file that failures are exported to."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from accelerator.problem import Problem
from domain.untrusted import parse


@contextmanager
def written(file: Path, force: bool = False) -> Iterator[TextIO]:
    """A new file beside `file`, which takes its place once it is whole; none does with nothing in.

    Raises:
        Problem: it is a folder or a device, cannot be written, or holds something already, which
            may be all that is left of failures that were purged; unless that is to be lost.
    """
    target = file.resolve()
    if target.exists() and not target.is_file():
        raise Problem(f"{file} is not a file: give the name of one")
    if not force and target.exists() and target.stat().st_size:
        raise Problem(f"{file} is there already: give another name, or --force to lose what it has")
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f"{target.name}.", delete=False
        ) as part:
            try:
                yield cast("TextIO", part)
                part.close()
                if Path(part.name).stat().st_size:
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
