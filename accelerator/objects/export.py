"""Writes stored objects to a folder, each to a file under its key, whole or not at all."""

import errno
import os
from collections.abc import Generator
from functools import partial
from pathlib import Path
from stat import S_ISREG
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from accelerator.deployment import Deployment
from accelerator.objects.listing import Stored, Wanted, listed
from accelerator.problem import Problem
from accelerator.threads import mapped

# What is being written is in a folder beside the entities', which nobody else may read.
PARTS = ".unfinished-"
# A file cannot be made under this key, though it can under another.
OF_THE_KEY = {errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR}


# What becomes of an object: written now, there before, or neither, for a reason.
EXPORTED, UNCHANGED, LEFT = OUTCOMES = ("exported", "unchanged", "left")


class Ended(NamedTuple):
    """An object, and what became of it."""

    key: str
    outcome: str
    reason: str = ""


class NotExported(Exception):
    """An object is gone or cannot be read, or its key is no place in the folder."""


def export(cloud: Deployment, wanted: Wanted, folder: Path) -> Generator[Ended]:
    """Write the objects that are meant, customer data and all, and tell of each.

    A file that has its object's size and time, to the second, is that object, and not read again.

    Raises:
        Problem: the folder cannot be written.
    """
    with made(folder) as parts:
        yield from mapped(partial(exported, cloud, Path(parts)), listed(cloud, wanted))


def made(folder: Path) -> "TemporaryDirectory[str]":
    """The folder, for this user alone where it is new, and in it one for what is unfinished."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return TemporaryDirectory(prefix=PARTS, dir=os.path.realpath(folder))
    except FileExistsError:
        raise Problem(f"{folder} is no folder: give one, or a name that is free") from None
    except OSError as error:
        raise Problem(f"{folder} cannot be written: {error.strerror}") from None


def exported(cloud: Deployment, parts: Path, stored: Stored) -> Ended:
    """Write one object, unless it is there."""
    try:
        file = place(parts.parent, stored.name)
        if is_there(file, stored):
            return Ended(stored.name, UNCHANGED)
        write(cloud, stored, parts, file)
    except NotExported as why:
        return Ended(stored.name, LEFT, str(why))
    except OSError as error:
        if error.errno not in OF_THE_KEY:
            raise Problem(f"{stored.name} cannot be written: {error.strerror}") from None
        return Ended(stored.name, LEFT, f"there can be no such file: {error.strerror}")
    return Ended(stored.name, EXPORTED)


def place(root: Path, key: str) -> Path:
    """The file of an object. Anybody who stores objects has chosen their keys.

    Raises:
        NotExported: it would be elsewhere: the key has a `..`, or there is a symbolic link.
    """
    try:
        if os.path.realpath(root / key) == f"{root}/{key}":
            return root / key
    except ValueError:  # it holds a character that no file's name can
        pass
    raise NotExported("its key leads elsewhere, or there is a symbolic link")


def is_there(file: Path, stored: Stored) -> bool:
    """Whether a file is an object as it is listed."""
    try:
        held = file.stat()
    except OSError:
        return False
    has = (held.st_size, int(held.st_mtime))
    return S_ISREG(held.st_mode) and has == (stored.size, int(stored.stored_at.timestamp()))


def write(cloud: Deployment, stored: Stored, parts: Path, file: Path) -> None:
    """Write an object to a file that this user alone may read; it has the object's time."""
    bucket = cloud.outputs.response_bucket_name
    try:
        told = cloud.s3.get_object(Bucket=bucket, Key=stored.name)
    except cloud.s3.exceptions.NoSuchKey:
        raise NotExported("it is there no more") from None
    except ClientError as error:
        raise NotExported(f"it cannot be read: {error.response['Error']['Code']}") from None
    with NamedTemporaryFile(dir=parts, delete=False) as part:
        try:
            for some in told["Body"].iter_chunks():
                part.write(some)
        except BotoCoreError as error:
            raise NotExported(f"it could not be read whole: {error}") from None
    time = told["LastModified"].timestamp()
    os.utime(part.name, (time, time))
    file.parent.mkdir(parents=True, exist_ok=True)
    Path(part.name).replace(file)
