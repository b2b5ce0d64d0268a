"""Build and start times: the CDK's synthesis, the bundles, and the demo part by part."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from accelerator.deployment import CDK
from bench.compare import Figure, Row, in_turns, timed
from stacks.bundle import BUILD, PROJECT
from tests.harness.local_cloud import ACCELERATOR, clean_environment

EMPTY = "import aws_cdk\napp = aws_cdk.App()\naws_cdk.Stack(app, 'Empty')\napp.synth()\n"
STEP = re.compile(r"✓ (.+) \(([\d.]+) s\)")


def measure() -> list[Row]:
    """Synthesis over an empty app's, packaging cold and cached, and the demo cold and warm."""
    return [*synthesis(), *packaging(), *demo()]


def environment() -> dict[str, str]:
    return clean_environment() | {
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
        "AWS_REGION": "us-east-1",
    }


def synthesis() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.py")
        empty.write_text(EMPTY)

        def synth(app: Path, out: str) -> None:
            command: list[str | Path] = [
                CDK,
                "synth",
                "--quiet",
                "--app",
                f"{sys.executable} {app}",
            ]
            subprocess.run(
                [*command, "--output", Path(folder, out)],
                cwd=PROJECT,
                env=environment(),
                check=True,
                capture_output=True,
            )

        figures = in_turns(
            {
                "this app": timed(lambda: synth(PROJECT / "app.py", "ours"), 1),
                "an empty CDK app": timed(lambda: synth(empty, "empty"), 1),
            },
            3,
            "s",
        )
    return [Row("cdk synth", figures["this app"], figures["an empty CDK app"])]


def packaging() -> list[Row]:
    code = "from stacks.bundle import BUNDLES, bundle\nfor name in BUNDLES: bundle(name)"

    def package() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
        return time.perf_counter() - started

    shutil.rmtree(BUILD, ignore_errors=True)
    cold = Figure("from nothing", "s", [package()])
    cached = Figure("cached", "s", [package() for _ in range(3)])
    return [Row("packaging all five bundles, cached", cached, cold)]


def demo() -> list[Row]:
    shutil.rmtree(BUILD, ignore_errors=True)
    cold, warm = run_demo(), run_demo()
    return [
        Row(
            f"make demo: {part}",
            Figure("warm", "s", [warm[part]]),
            Figure("cold", "s", [cold[part]]),
        )
        for part in cold
    ]


def run_demo() -> dict[str, float]:
    """Seconds of each part."""
    started = time.perf_counter()
    ran = subprocess.run(
        [ACCELERATOR, "demo"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    total = time.perf_counter() - started
    parts = {name: float(seconds) for name, seconds in STEP.findall(ran.stderr)}
    return parts | {"nine events and the end": total - sum(parts.values()), "all of it": total}
