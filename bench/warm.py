"""Warm calls: each handler's own time, and QueryApi's over a bare exchange with the same server.

Run as a process of its own (`python -I -S`, with the arm's environment), so that what is measured
is the bundle; the figures are printed as JSON.
"""

import json
import os
import subprocess
import sys

from bench.compare import Figure, Row
from bench.inputs import INPUTS
from bench.state import OVERHEAD_BYTES
from stacks.bundle import bundle

SCRIPT = """
import http.client, importlib, json, os, ssl, sys, time
from urllib.parse import urlsplit
paths, inputs = json.loads(os.environ["BUNDLES"]), json.loads(os.environ["INPUTS"])
name, only = os.environ["FUNCTION"], os.environ.get("ONLY")
sys.path.insert(0, paths[name])
handler = importlib.import_module(f"functions.{name}.handler").handler
from domain import names, telemetry
assert handler.__wrapped__.__code__.co_filename.startswith(("/var/task", paths[name]))

def ours():
    return handler(inputs[name], None)

url = urlsplit(os.environ["API_URL"])
context = ssl.create_default_context()
kept = http.client.HTTPSConnection(url.netloc, context=context)
headers = {"Authorization": "bearer " + names.MOCK_TOKEN, "Content-Type": "application/json"}

def exchange(connection):
    connection.request("POST", url.path, b"{}" * 400, headers)
    return connection.getresponse().read()

def anew():
    connection = http.client.HTTPSConnection(url.netloc, context=ssl.create_default_context())
    json.loads(exchange(connection))
    connection.close()

arms = {"ours": ours}
if name == "query_api" and only is None:
    from functions.query_api import graphql, handler as module
    from functions.query_api.connection import Answer
    answer, log = Answer(200, exchange(kept)), module.logger.info

    @module.metrics.log_metrics
    def count(event, context):
        module.metrics.add_metric(telemetry.API_LATENCY, "Milliseconds", 1)

    arms |= {
        "bare": lambda: exchange(kept),
        "anew": anew,
        "parsing": lambda: graphql.response(answer),
        "the log line": lambda: log(telemetry.RESPONSE_RECEIVED, bytes=1, latency_ms=1),
        "the metric": lambda: count(None, None),
    }
arms = {arm: run for arm, run in arms.items() if only in (None, arm)}
values = {arm: [] for arm in arms}
for number in range(int(os.environ["ROUNDS"])):
    for arm, run in arms.items():
        if arm == "anew" and number % 10:
            continue
        started = time.perf_counter()
        run()
        values[arm].append((time.perf_counter() - started) * 1e6)
print(json.dumps({arm: taken[len(taken) // 10:] for arm, taken in values.items()}), file=sys.stderr)
"""


PARTS = ("parsing", "the log line", "the metric")


def log_bytes(name: str, environment: dict[str, str]) -> int:
    """What a function writes to its log for an event, with what CloudWatch Logs adds to a line."""
    ran = run(name, environment | {"ONLY": "ours"}, 10)
    lines = [line for line in ran.stdout.splitlines() if line]
    return sum(len(line) + OVERHEAD_BYTES for line in lines) // 10


def values(name: str, environment: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Microseconds of each arm, the first tenth left out as warming up."""
    taken: dict[str, list[float]] = json.loads(run(name, environment, rounds).stderr)
    return taken


def run(name: str, environment: dict[str, str], rounds: int) -> subprocess.CompletedProcess[str]:
    """Run the arms of a function."""
    given = {
        "FUNCTION": name,
        "ROUNDS": str(rounds),
        "BUNDLES": json.dumps({each: str(bundle(each)) for each in INPUTS}),
        "INPUTS": json.dumps(INPUTS),
        "PATH": os.environ["PATH"],
    }
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SCRIPT],
        env=environment | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran


def measure(environment: dict[str, str]) -> list[Row]:
    """Warm times of the three functions."""
    rows = []
    for name, title in (("extract_id", "ExtractId"), ("classify_error", "ClassifyError")):
        taken = values(name, environment, 2000)["ours"]
        rows.append(Row(f"{title} warm", Figure(title, "us", taken), None, "under 300 us"))
    query = {
        name: Figure(name, "us", taken)
        for name, taken in values("query_api", environment, 1000).items()
    }
    names = {"bare": "a bare kept-alive exchange", "anew": "QueryApi warm", "ours": "QueryApi"}
    for arm, name in names.items():
        query[arm].name = name
    rows.append(Row("QueryApi warm", query["ours"], query["bare"], "at most 1.4"))
    rows += [Row(f"of which {name}", query[name]) for name in PARTS]
    rows.append(Row("a connection a call", query["anew"], query["ours"], "at least 4"))
    return rows
