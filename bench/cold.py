"""Cold starts: fresh processes that import what is deployed and answer one event."""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.compare import Figure, Row, in_turns
from bench.inputs import INPUTS
from bench.served import with_secret
from stacks.bundle import PROJECT, bundle, compile_bytecode

ROUNDS = 15
START = Path(__file__).with_name("start.py")
SITE = sysconfig.get_path("purelib")
LOGS = "from aws_lambda_powertools import Logger, Metrics; Logger(); Metrics()"
HTTP = f"{LOGS}; import http.client, ssl, json; context = ssl.create_default_context()"
EXCHANGE = (
    f"{HTTP}; from urllib.parse import urlsplit; import os; "
    "c = http.client.HTTPSConnection(urlsplit(os.environ['API_URL']).netloc, context=context); "
    "c.request('POST', '/graphql', b'{}'); json.loads(c.getresponse().read())"
)
SDK = (
    f"{EXCHANGE}; from botocore.session import get_session; "
    "get_session().create_client('secretsmanager')"
)
LAMBDA_MB_A_CPU = 1769
MEMORIES = (128, 256, 512, 1024, 1769)


@dataclass
class Arm:
    """A process to start."""

    path: str = ""
    module: str = ""
    code: str = ""
    given: str = ""
    libraries: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, prefix: tuple[str, ...] = ()) -> tuple[float, dict[str, int]]:
        """Milliseconds, and what the process says of itself."""
        arm = "\x1f".join((self.path, self.module, self.code, self.given, self.libraries))
        environment = self.environment | {"ARM": arm, "PATH": os.environ["PATH"]}
        started = time.perf_counter()
        ran = subprocess.run(
            [*prefix, sys.executable, "-I", "-S", START], env=environment, capture_output=True
        )
        took = (time.perf_counter() - started) * 1000
        assert ran.returncode == 0, ran.stderr.decode()
        return took, json.loads(ran.stderr.splitlines()[-1])


def reference(folder: Path) -> str:
    """The reference's package, compiled as the bundles are."""
    target = folder / "bench" / "reference"
    target.mkdir(parents=True)
    for file in (PROJECT / "bench" / "reference").glob("*.py"):
        (target / file.name).write_text(file.read_text())
    compile_bytecode(folder)
    return str(folder)


def arms(environment: dict[str, str], folder: Path) -> dict[str, Arm]:
    """Floors, the functions as they are deployed, and the references."""
    logs = str(bundle("extract_id"))
    sample = reference(folder)
    secret = with_secret(environment)

    def ours(name: str, variables: dict[str, str]) -> Arm:
        module = f"functions.{name}.handler"
        return Arm(str(bundle(name)), module, "", json.dumps(INPUTS[name]), "", variables)

    def sampled(name: str, variables: dict[str, str]) -> Arm:
        given = json.dumps(INPUTS[name])
        return Arm(sample, f"bench.reference.{name}", "", given, SITE, variables)

    return {
        "bare Python": Arm(),
        "Logger + Metrics": Arm(logs, code=LOGS, environment=environment),
        "and one HTTPS exchange": Arm(logs, code=EXCHANGE, environment=environment),
        "and one botocore client": Arm(logs, code=SDK, libraries=SITE, environment=environment),
        "ExtractId": ours("extract_id", environment),
        "ClassifyError": ours("classify_error", environment),
        "QueryApi": ours("query_api", environment),
        "QueryApi with a secret": ours("query_api", secret),
        "sample: ExtractId": sampled("extract_id", environment),
        "sample: ClassifyError": sampled("classify_error", environment),
        "sample: QueryApi": sampled("query_api", environment),
        "sample: QueryApi with a secret": sampled("query_api", secret),
    }


COMPARED = [
    ("ExtractId", "Logger + Metrics", "at most 1.15"),
    ("ClassifyError", "Logger + Metrics", "at most 1.15"),
    ("QueryApi", "and one HTTPS exchange", "at most 1.15"),
    ("QueryApi with a secret", "and one botocore client", "at most 1"),
    *((f"sample: {name}", name, "") for name in ("ExtractId", "ClassifyError", "QueryApi")),
    ("sample: QueryApi with a secret", "QueryApi with a secret", ""),
    ("Logger + Metrics", "bare Python", ""),
]


def measure(environment: dict[str, str]) -> list[Row]:
    """Each function's cold start over its floor, and the sample's over ours."""
    with tempfile.TemporaryDirectory() as folder:
        started = arms(environment, Path(folder))
        told: dict[str, dict[str, int]] = {}

        def arm(name: str) -> Callable[[], float]:
            def run() -> float:
                took, told[name] = started[name].start()
                return took

            return run

        figures = in_turns({name: arm(name) for name in started}, ROUNDS, "ms")
    return [
        Row(
            f"cold start of {name}",
            figures[name],
            figures[base],
            target,
            f"{told[name]['modules']} modules, {told[name]['peakMb']} MB",
        )
        for name, base, target in COMPARED
    ]


IMPORTS = [
    *("json", "http.client", "http.client, ssl; ssl.create_default_context()", "hashlib, hmac"),
    *("typing_extensions", "jmespath", "aws_lambda_powertools", "boto3"),
    *("boto3; boto3.client('s3')", "botocore.session"),
]


def measure_imports(environment: dict[str, str]) -> list[Row]:
    """What each import costs, beyond a bare start."""
    path = str(bundle("extract_id"))
    codes = {"nothing": "pass"} | {f"import {name}": f"import {name}" for name in IMPORTS}
    started = {
        name: Arm(path, code=code, libraries=SITE, environment=environment)
        for name, code in codes.items()
    }

    def run(arm: Arm) -> Callable[[], float]:
        return lambda: arm.start()[0]

    figures = in_turns({name: run(arm) for name, arm in started.items()}, 9, "ms")
    return [Row(name, figures[name], figures["nothing"]) for name in codes if name != "nothing"]


def measure_sizes() -> list[Row]:
    """Each bundle, zipped."""
    import shutil

    rows = []
    for name in ("extract_id", "query_api", "classify_error", "redrive"):
        with tempfile.TemporaryDirectory() as folder:
            archive = shutil.make_archive(f"{folder}/a", "zip", bundle(name))
            size = Figure(name, "MB", [Path(archive).stat().st_size / 1e6])
        rows.append(Row(f"bundle of {name}, zipped", size, None, "under 2.2 MB"))
    return rows


def measure_memory(environment: dict[str, str]) -> list[Row]:
    """Cold start and price by memory size, with the share of a CPU that Lambda gives to it."""
    group = Path("/sys/fs/cgroup/cpu/bench")
    try:
        group.mkdir(exist_ok=True)
        (group / "cpu.cfs_period_us").write_text("20000")
    except OSError:
        return []
    prefix = ("sh", "-c", f'echo $$ > {group}/tasks; exec "$@"', "sh")
    rows = []
    for name, title in (("extract_id", "ExtractId"), ("query_api", "QueryApi")):
        arm = Arm(
            path=str(bundle(name)),
            module=f"functions.{name}.handler",
            given=json.dumps(INPUTS[name]),
            environment=environment,
        )
        for memory in MEMORIES:
            quota = int(20000 * memory / LAMBDA_MB_A_CPU)
            (group / "cpu.cfs_quota_us").write_text(str(quota))
            figure = Figure(title, "ms", [arm.start(prefix)[0] for _ in range(7)])
            note = f"{figure.median * memory / 1024:.0f} GB-s for a thousand"
            rows.append(Row(f"cold start of {title} at {memory} MB", figure, None, "", note))
    group.rmdir()
    return rows
