"""US dollars for a month's events, part by part, from list prices and from what was measured.

Every architecture is priced for the same work: an event comes over EventBridge, its entity is
asked from the API, and the response is stored in S3 for a month; and is watched and archived alike.
Left out are failures and retries, what one looks up oneself (Logs Insights, X-Ray, replays), cold
starts, which are rare at a rate worth pricing, and what comes to cents: the secret is read every
five minutes, alarms are mailed. A key of KMS and the sandbox are not priced either.
"""

import json
import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from domain.family import MOCK

HERE = files("accelerator.cost")
PRICES: dict[str, Any] = json.loads((HERE / "prices.json").read_text())
MEASURED: dict[str, Any] = json.loads((HERE / "measured.json").read_text())
# What a deployment has, by contract.
DEPLOYED: dict[str, dict[str, int]] = json.loads((HERE / "deployed.json").read_text())
USD: dict[str, float] = {name: price["usd"] for name, price in PRICES["prices"].items()}

# A CPU's share by memory (Lambda developer guide, "Configure Lambda function memory").
MB_A_CPU = 1769
# Assumed, since no AWS account was measured: what the services add to an execution, and a PUT.
EXECUTION_MS = 60
PUT_MS = 30
# START, END and REPORT of an invocation, with what CloudWatch Logs adds to each line.
PLATFORM_LOG_BYTES = 450
# What CloudWatch's own price examples take logs to be compressed to.
COMPRESSED = 0.15
# Of a request and its headers, as TLS sends them to the API, and of an event in the archive.
REQUEST_KB, EVENT_KB = 3, 2
DAYS_A_MONTH = 30
# Lambda asks an idle queue by five connections, each of which waits for 20 seconds (Lambda
# developer guide, "Using Lambda with Amazon SQS").
POLLS_A_MONTH = 5 * 3 * 60 * 24 * DAYS_A_MONTH
# X-Ray's default rule records a twentieth (X-Ray developer guide, "Sampling").
SAMPLED = 0.05
# Express bills 50 MB and the data of an execution, in chunks (Step Functions pricing).
EXPRESS_MB, CHUNK_MB, TICK_MS = 50, 64, 100


@dataclass(frozen=True)
class Load:
    """What is to be paid for a month. `logs` is all, error or off; `data` is execution data.

    `retention_days` are those of the logs, and `archive_days` of the archive, if there is one.
    """

    events: float
    latency_ms: float = 150
    payload_kb: float = 10
    logs: str = "all"
    data: bool = False
    retention_days: int = 30
    archive_days: int = 0
    contract: str = MOCK


def estimate(load: Load) -> dict[str, dict[str, float]]:
    """US dollars by architecture and part."""
    return {
        "Event accelerator": accelerator(load),
        "SQS, one Lambda": one_lambda(load),
        "Standard workflow": standard(load),
        "EventBridge Pipes": pipes(load),
    }


def accelerator(load: Load) -> dict[str, float]:
    """The project itself: an Express workflow of two functions and a PUT by Step Functions."""
    milliseconds = EXECUTION_MS + PUT_MS + load.latency_ms + sum(MEASURED["cpuMs"].values())
    carried = EXPRESS_MB + load.payload_kb * MEASURED["transitions"] / 1024
    chunks = math.ceil(carried / CHUNK_MB) * CHUNK_MB / 1024
    seconds = math.ceil(milliseconds / TICK_MS) * TICK_MS / 1000
    return (
        common(load)
        | functions(load)
        | {
            "Express requests": load.events * USD["expressRequest"],
            "Express GB-seconds": load.events * chunks * seconds * USD["expressGbSecond"],
            "CloudWatch Logs": logs(load, execution_bytes(load) + function_bytes(load)),
        }
    )


def standard(load: Load) -> dict[str, float]:
    """The same state machine as a Standard workflow, which keeps its own history."""
    return (
        common(load)
        | functions(load)
        | {
            "Standard transitions": load.events
            * MEASURED["transitions"]
            * USD["standardTransition"],
            "CloudWatch Logs": logs(load, function_bytes(load)),
        }
    )


def one_lambda(load: Load) -> dict[str, float]:
    """The public sample's shape: a queue in batches of one, and a function that does it all."""
    return common(load) | {
        "Lambda requests": load.events * USD["lambdaRequest"],
        "Lambda GB-seconds": gb_seconds(load, load.latency_ms + PUT_MS, cpu_ms()),
        "SQS": load.events * 3 * USD["sqsRequest"],
        "CloudWatch Logs": logs(load, MEASURED["logBytes"]["query_api"] + PLATFORM_LOG_BYTES),
    }


def pipes(load: Load) -> dict[str, float]:
    """A pipe from a queue that asks one function for the entity and gives it to another."""
    invocation = PLATFORM_LOG_BYTES + MEASURED["logBytes"]["extract_id"]
    enrichment = gb_seconds(load, load.latency_ms, cpu_ms())
    return common(load) | {
        "Lambda requests": load.events * 2 * USD["lambdaRequest"],
        "Lambda GB-seconds": enrichment + gb_seconds(load, PUT_MS, 0),
        "SQS": load.events * 3 * USD["sqsRequest"],
        "Pipes": load.events * max(1, math.ceil(load.payload_kb / 64)) * USD["pipesRequest"],
        "CloudWatch Logs": logs(load, 2 * invocation),
    }


def common(load: Load) -> dict[str, float]:
    """What every architecture pays alike."""
    return {
        "EventBridge": load.events * USD["eventBridgeEvent"],
        "S3 PUT": load.events * USD["s3Put"],
        "S3 storage": gb(load, load.payload_kb) * USD["s3GbMonth"],
        "Data transfer": gb(load, REQUEST_KB) * USD["transferGb"],
        "X-Ray": load.events * SAMPLED * USD["xrayTrace"],
        **archives(load),
        **monthly(DEPLOYED[load.contract]),
    }


def archives(load: Load) -> dict[str, float]:
    """The archive of events, where there is one: what goes in, and what has gathered in it."""
    a_gb = USD["archiveGb"] + USD["archiveGbMonth"] * load.archive_days / DAYS_A_MONTH
    return {"Archive": gb(load, EVENT_KB) * a_gb} if load.archive_days else {}


def monthly(deployed: dict[str, int]) -> dict[str, float]:
    """What a month costs without any event."""
    return {
        "Secrets Manager": deployed["secrets"] * USD["secretMonth"],
        "Custom metrics": deployed["customMetrics"] * USD["customMetricMonth"],
        "Alarms": deployed["alarmMetrics"] * USD["alarmMetricMonth"],
        "Dashboard": deployed["dashboards"] * USD["dashboardMonth"],
        "SQS polling": deployed["polledQueues"] * POLLS_A_MONTH * USD["sqsRequest"],
    }


def gb(load: Load, kb: float) -> float:
    """So many kB of each event, in GB, as AWS bills them."""
    return load.events * kb / 1024**2


def functions(load: Load) -> dict[str, float]:
    """ExtractId and QueryApi."""
    extract = gb_seconds(load, 0, MEASURED["cpuMs"]["extract_id"], "extract_id")
    query = gb_seconds(load, load.latency_ms, MEASURED["cpuMs"]["query_api"])
    return {
        "Lambda requests": load.events * 2 * USD["lambdaRequest"],
        "Lambda GB-seconds": extract + query,
    }


def cpu_ms() -> float:
    """What a function that extracts and queries computes."""
    return float(MEASURED["cpuMs"]["extract_id"] + MEASURED["cpuMs"]["query_api"])


def gb_seconds(load: Load, wait_ms: float, cpu: float, function: str = "query_api") -> float:
    """A function's dollars: it waits, and computes with the share of a CPU that it has."""
    memory: float = MEASURED["memoryMb"][function]
    billed = math.ceil(wait_ms + cpu * max(1.0, MB_A_CPU / memory))
    return load.events * billed / 1000 * memory / 1024 * USD["lambdaGbSecond"]


def execution_bytes(load: Load) -> float:
    """What an execution logs: nothing but `all` tells of one that succeeds."""
    if load.logs != "all":
        return 0
    logged: dict[str, float] = MEASURED["executionLogBytes"]
    data = (logged["on"] - logged["off"]) * load.payload_kb / MEASURED["payloadKb"]
    return logged["off"] + (data if load.data else 0)


def function_bytes(load: Load) -> float:
    """What the two functions log of an event, metrics included."""
    lines: dict[str, float] = MEASURED["logBytes"]
    return lines["extract_id"] + lines["query_api"] + 2 * PLATFORM_LOG_BYTES


def logs(load: Load, size: float) -> float:
    """Dollars for so many bytes an event, taken in and kept; the functions' are never off."""
    kept = USD["logsGbMonth"] * COMPRESSED * load.retention_days / DAYS_A_MONTH
    return load.events * size / 1e9 * (USD["logsGb"] + kept)
