"""Checks a machine and a configuration before they are deployed from and to."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from dotenv.parser import parse_stream

from accelerator.account import ADVICE, AwsChecks, Remark
from accelerator.credentials import configured
from accelerator.deployment import CDK, PROJECT, local_cloud, not_up, read_status
from accelerator.documents import check_documents
from accelerator.endpoint import check_endpoint
from accelerator.listening import dead, dead_told
from accelerator.problem import Problem
from accelerator.published_api import PublishedApi, Refused
from domain.event_types import families
from domain.family import PUBLISHED, Family
from stacks.definition import DefinitionError
from stacks.definition import check as check_definition
from stacks.event_types import RowError
from stacks.event_types import check as check_event_types
from stacks.parsers import SettingError
from stacks.settings import SECRETS, Settings

MIN_NODE = 20


class Finding(NamedTuple):
    """What a check found: that all is well, or what is wrong and what to do.

    `well` is None of a remark, on which no deployment to AWS depends.
    """

    name: str
    well: bool | None
    told: str


def check_node() -> str:
    """The version of Node.js, which the CDK runs on."""
    node = shutil.which("node")
    if node is None:
        raise Problem("Node.js is missing: install it, or run 'make setup', which brings it")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    if not version.startswith("v") or int(version[1:].split(".")[0]) < MIN_NODE:
        raise Problem(f"Node.js {version} is too old: install {MIN_NODE} or newer")
    return version


def check_cdk() -> str:
    """Where the CDK's command line is."""
    if not CDK.exists():
        raise Problem("the CDK command line is missing: run 'make setup'")
    return str(CDK.relative_to(PROJECT))


def local_cloud_told() -> Remark:
    """Where the local cloud is up and what of it is dead, or why it is not up."""
    if not read_status():
        return Remark(not_up())
    cloud = local_cloud()
    gone = dead(cloud)
    return Remark(f"is up at {cloud.endpoint}" + (f", dead: {dead_told(gone)}" if gone else ""))


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which a deployment would stumble."""
    yield found("Node.js", check_node)
    yield found("CDK", check_cdk)
    yield found("local cloud", local_cloud_told)
    yield (machine := found("state machine", definition_told))
    if machine.well:
        yield found("event types", event_types_told)
    lines = found("settings", partial(lines_told, PROJECT / ".env"))
    try:
        settings = Settings.load(PROJECT / ".env")
    except SettingError as error:
        yield from [] if lines.well else [lines]
        yield Finding("settings", False, str(error))
        return
    yield lines
    yield found("documents", partial(documents_told, settings))
    yield from secrets(settings)
    checks = AwsChecks(settings, boto3.Session(region_name=settings.region))
    yield from account(checks)
    yield found("endpoint", partial(check_endpoint, settings.api_url))
    if settings.api_version:
        yield from documents(settings)


def lines_told(file: Path) -> str:
    """Whether each line of `.env` sets something; what it holds may be secret, and is not told."""
    with file.open(encoding="utf-8", errors="replace") if file.exists() else StringIO() as text:
        for each in parse_stream(text):
            if each.error or (each.key and each.value is None):
                held = each.original.string
                # What stands before it on lines of their own belongs to it.
                line = each.original.line + held.removesuffix(held.lstrip()).count("\n")
                raise Problem(f"line {line} of .env is no NAME=value: mend it, or begin it with #")
    return ".env and the environment are well-formed"


def account(checks: AwsChecks) -> Iterator[Finding]:
    """What is found in the account, where there is one to ask."""
    reached = [found("region", checks.region), found("credentials", checks.credentials)]
    yield from reached
    if not all(finding.well for finding in reached):
        return
    yield found("bootstrap", checks.bootstrap)
    yield found("event bus", checks.bus)
    yield found("bucket", checks.bucket)
    yield found("encryption", checks.encryption)
    yield found("announcements", checks.announcements)
    yield found("expiry", checks.expiry)
    yield found("concurrency", checks.concurrency)


def documents_told(settings: Settings) -> str:
    """Whether the documents fit the table, and the mock's schema where that is what is queried."""
    check_documents(settings.mocked)
    return "graphql/ fits the table of event types"


def definition_told() -> str:
    """Whether the state machine's definition is one."""
    try:
        check_definition()
    except (DefinitionError, OSError) as error:
        raise Problem(str(error)) from None
    return "state_machines/ is well-formed"


def event_types_told() -> str:
    """Whether the table of event types fits the state machine."""
    try:
        check_event_types()
    except RowError as error:
        raise Problem(str(error)) from None
    return "each has its branch in the state machine, and a sample"


# Ids that nobody's entity has, by entity.
NOBODY = {
    "order": "322-0000-000000",
    "tracker": "0000000000",
    "product": "nobodys-sku",
    "inventory": "00000000000000",
}


def documents(settings: Settings) -> Iterator[Finding]:
    """Whether the published API takes the credentials, the target, the version, each document."""
    given = configured()
    try:
        client = given["CLIENT_ID"], given["CLIENT_SECRET"]
        api = PublishedApi(settings, *client)
    except KeyError as missing:
        yield Finding("published API", None, f"not asked: {missing.args[0]} is not given here")
        return
    except Problem as problem:
        yield Finding("published API", False, str(problem))
        return
    for family in {each.document: each for each in families(PUBLISHED)}.values():
        yield found(family.document, partial(taken, api, family))


def taken(api: PublishedApi, family: Family) -> str:
    """Whether a document is valid there: it is sent for an entity that cannot exist."""
    text = (PROJECT / "graphql" / f"{family.document}.graphql").read_text(encoding="utf-8")
    try:
        api.ask(text, for_nobody(family.variables[0], NOBODY[family.entity]))
    except Refused as refused:
        if "AccessDeniedError" not in refused.codes:
            raise Problem(f"graphql/{family.document}.graphql is refused: {refused}") from None
    return "is taken"


def for_nobody(template: Any, entity_id: str) -> Any:
    """Variables with this id at every place."""
    if isinstance(template, dict):
        return {name: for_nobody(each, entity_id) for name, each in template.items()}
    return entity_id


def secrets(settings: Settings) -> Iterator[Finding]:
    """Whether 'accelerator credentials push' finds here what the deployment needs."""
    by_source = {"CLIENT": ("CLIENT_ID", "CLIENT_SECRET"), "TOKEN": ("API_TOKEN",)}
    needed, given = by_source.get(settings.token_from, ()), configured()
    for name in needed:
        if name in given:
            yield Finding(name, True, "is given")
        else:
            yield Finding(name, None, "is not given here: a push will need it")
    # In the environment, where it may be somebody else's; in `.env` it is refused.
    unsaid = settings.api_url and not settings.credentials and not needed
    for each in SECRETS:
        if unsaid and each.name in given:
            yield Finding(each.name, None, f"is given, and nothing uses it: {each.used_with}")


def found(name: str, check: Callable[[], str]) -> Finding:
    """The finding of one check."""
    try:
        told = check()
        return Finding(name, None if isinstance(told, Remark) else True, told)
    except (Problem, SettingError) as problem:
        return Finding(name, False, str(problem))
    except (ClientError, BotoCoreError) as error:
        return Finding(name, False, f"{error}: {ADVICE[name]}")
