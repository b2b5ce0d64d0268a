"""What is stored is exported whole or not at all, once, and never out of the folder."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, IncompleteReadError
from typer.testing import CliRunner, Result

from accelerator.cli import app
from accelerator.commands import export as command
from accelerator.deployment import Deployment
from accelerator.problem import Problem
from accelerator.processes import Interrupted
from accelerator.threads import THREADS, mapped
from domain.keys import Key
from tests.harness.aws import strict_aws
from tests.harness.deployments import deployment

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 24, 12)
BUCKET = "responses"


def key(number: int, event_type: str = "ORDER_PLACED") -> str:
    return str(Key("order", event_type, NOON + timedelta(days=number), "322", f"event-{number}"))


KEYS = [key(number) for number in range(30)]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Thirty orders of a day each, an item, and what is no stored response."""
    with strict_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        made = deployment(response_bucket_name=BUCKET)
        for each in (*KEYS, "item/T/2026-11-24/20261124T120000Z_nf_event-1.json", "order/else"):
            put(made, each)
        monkeypatch.setattr(command, "connect", lambda _: made)
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "there" / "responses"


def put(cloud: Deployment, key: str, held: bytes | None = None) -> None:
    cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=held or f"Ada's {key}".encode())


def ran(folder: Path, *options: str, code: int = 0) -> Result:
    given = ["objects", "export", str(folder), *options]
    result = CliRunner().invoke(app, given, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder, by the paths there."""
    found = (each for each in folder.rglob("*") if not each.is_dir())
    return {str(each.relative_to(folder)): each.read_bytes() for each in found}


def reading(cloud: Deployment, monkeypatch: pytest.MonkeyPatch, read: Callable[[str], Any]) -> None:
    """Have `read` called with each key that is read, before it is."""
    get = cloud.s3.get_object

    def get_object(**given: Any) -> Any:
        return read(given["Key"]) or get(**given)

    monkeypatch.setattr(cloud.s3, "get_object", get_object)


def test_each_object_is_a_file_under_its_key_that_nobody_else_may_read(
    cloud: Deployment, folder: Path
) -> None:
    assert ran(folder, "--entity", "order").stdout == "exported 30, unchanged 0, left 0\n"
    assert files(folder) == {each: f"Ada's {each}".encode() for each in KEYS}
    assert {stat.S_IMODE((folder / each).stat().st_mode) for each in KEYS} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_filters_are_those_of_the_list(cloud: Deployment, folder: Path) -> None:
    told = ran(folder, "--day", "2026-11-24", "--json").stdout
    assert json.loads(told) == {"exported": 2, "unchanged": 0, "left": 0}
    assert "nothing that is stored matches" in ran(folder, "--id", "322-NONE").stdout


def test_only_what_is_not_there_as_it_is_stored_is_read(
    cloud: Deployment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(folder, "--entity", "order")
    put(cloud, KEYS[1], b"another")
    (folder / KEYS[2]).write_bytes(b"half")
    (folder / KEYS[3]).unlink()
    os.utime(folder / KEYS[4], (1, 1))
    read = list[str]()
    reading(cloud, monkeypatch, read.append)
    assert ran(folder, "--entity", "order").stdout == "exported 4, unchanged 26, left 0\n"
    assert sorted(read) == KEYS[1:5]
    assert (folder / KEYS[1]).read_bytes() == b"another"
    assert files(folder).keys() == {*KEYS}


def test_what_is_interrupted_is_completed_by_the_next_run(
    cloud: Deployment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(key: str) -> None:
        if key == KEYS[9]:
            raise Interrupted

    with monkeypatch.context() as patched:
        reading(cloud, patched, interrupt)
        told = ran(folder, "--entity", "order", code=130)
    assert told.stderr == (
        "interrupted: ending what is begun ...\n"
        "interrupted: exported 9, unchanged 0, left 0: run it again to go on\n"
    )
    kept = files(folder)
    assert {*KEYS[:9]} <= kept.keys() < {*KEYS}
    assert all(kept[each] == f"Ada's {each}".encode() for each in kept)
    assert list(folder.iterdir()) == [folder / "order"]
    told = ran(folder, "--entity", "order")
    assert told.stdout == f"exported {30 - len(kept)}, unchanged {len(kept)}, left 0\n"


def test_what_is_gone_meanwhile_is_told_and_the_rest_goes_on(
    cloud: Deployment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove(key: str) -> None:
        if key == KEYS[3]:
            cloud.s3.delete_object(Bucket=BUCKET, Key=key)

    reading(cloud, monkeypatch, remove)
    told = ran(folder, "--entity", "order", code=1)
    assert told.stderr == f"left {KEYS[3]}: it is there no more\n"
    assert told.stdout == "exported 29, unchanged 0, left 1\n"
    assert KEYS[3] not in files(folder)


def test_half_an_object_is_no_file(
    cloud: Deployment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Half:
        def iter_chunks(self) -> Iterator[bytes]:
            yield b"ha"
            raise IncompleteReadError(actual_bytes=2, expected_bytes=4)

    def halve(key: str) -> Any:
        return {"Body": Half()} if key == KEYS[3] else None

    reading(cloud, monkeypatch, halve)
    assert "could not be read whole" in ran(folder, "--entity", "order", code=1).stderr
    assert files(folder).keys() == {*KEYS} - {KEYS[3]}


@pytest.mark.parametrize("event_type", ["..", ".", "", "long" * 64, "nul\0"])
def test_a_key_that_is_no_place_in_the_folder_is_left(
    cloud: Deployment, folder: Path, event_type: str
) -> None:
    hostile = key(0, event_type)
    put(cloud, hostile)
    told = ran(folder, "--entity", "order", "--json", code=1)
    assert json.loads(told.stdout) == {"exported": 30, "unchanged": 0, "left": 1}
    assert files(folder.parent.parent).keys() == {f"there/responses/{each}" for each in KEYS}


def test_nothing_is_written_through_a_link(cloud: Deployment, folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "ORDER_PLACED").mkdir(parents=True)
    (elsewhere / "file").write_text("mine")
    folder.mkdir(parents=True)
    (folder / "order").symlink_to(elsewhere)
    (folder / "item/T/2026-11-24").mkdir(parents=True)
    item = folder / "item/T/2026-11-24/20261124T120000Z_nf_event-1.json"
    item.symlink_to(elsewhere / "file")
    assert ran(folder, code=1).stdout == "exported 0, unchanged 0, left 31\n"
    assert files(elsewhere) == {"file": b"mine"}
    assert item.is_symlink()


def test_a_folder_that_is_a_link_is_the_one_that_was_meant(
    cloud: Deployment, folder: Path, tmp_path: Path
) -> None:
    folder.mkdir(parents=True)
    (tmp_path / "link").symlink_to(folder)
    ran(tmp_path / "link", "--entity", "order")
    assert files(folder).keys() == {*KEYS}


def test_what_else_is_at_a_files_place_stays(cloud: Deployment, folder: Path) -> None:
    (folder / KEYS[0] / "folder").mkdir(parents=True)
    (folder / KEYS[1]).parent.write_text("a file")
    told = ran(folder, "--entity", "order", code=1)
    assert told.stdout == "exported 28, unchanged 0, left 2\n"
    assert (folder / KEYS[0] / "folder").is_dir()
    assert (folder / KEYS[1]).parent.read_text() == "a file"


def test_a_full_disk_ends_it(
    cloud: Deployment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("accelerator.objects.export.os.utime", full)
    with pytest.raises(Problem, match="cannot be written: No space left on device"):
        ran(folder)
    assert files(folder) == {}


def test_a_folder_that_cannot_be_is_told(cloud: Deployment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="file is no folder: give one, or a name that is free"):
        ran(tmp_path / "file")


def test_no_folder_is_made_or_taken_that_was_not_meant(cloud: Deployment, folder: Path) -> None:
    with pytest.raises(Problem, match="nothing is stored of nope"):
        ran(folder, "--entity", "nope")
    assert not folder.exists()
    refused = CliRunner().invoke(app, ["objects", "export", ""], standalone_mode=False)
    assert "it is empty: give the name of a folder" in str(refused.exception)


def test_what_breaks_off_says_how_far_it_came(
    cloud: Deployment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(key: str) -> None:
        if key == KEYS[9]:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    reading(cloud, monkeypatch, cut)
    given = ["objects", "export", str(folder), "--entity", "order"]
    told = CliRunner().invoke(app, given)
    assert isinstance(told.exception, EndpointConnectionError)
    assert told.stderr == "broken off: exported 9, unchanged 0, left 0: run it again to go on\n"


def test_what_is_given_is_taken_little_by_little() -> None:
    taken = list[int]()

    def numbers() -> Iterator[int]:
        for number in range(10_000):
            taken.append(number)
            yield number

    for done, result in enumerate(mapped(str, numbers())):
        assert result == str(done)
        assert len(taken) <= done + 2 * THREADS
    assert len(taken) == 10_000
