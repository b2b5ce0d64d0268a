"""The bench's HTTPS server in a process of its own, and the functions' environment for it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from domain.names import MOCK_TOKEN


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """The environment in which a function asks the bench's server."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.server", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = f"https://localhost:{int(server.stdout.readline())}"
            try:
                yield environment_for(url, f"{folder}/cert.pem")
            finally:
                server.terminate()


def environment_for(url: str, certificate: str) -> dict[str, str]:
    """The environment of a function whose API is at `url`."""
    return {
        "API_URL": f"{url}/graphql",
        "API_TIMEOUT_SECONDS": "6",
        "API_TOKEN": MOCK_TOKEN,
        "INSTALLATION_ID": "i34242",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "REDRIVE_DELAYS": "60,300,900",
        "SSL_CERT_FILE": certificate,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_CA_BUNDLE": certificate,
        "BENCH_URL": url,
    }


def with_secret(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a deployment with credentials."""
    url = environment["BENCH_URL"]
    without = {name: value for name, value in environment.items() if name != "API_TOKEN"}
    return without | {
        "TOKEN_URL": f"{url}/token",
        "AWS_ENDPOINT_URL": url,
        "CREDENTIALS_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a",
    }
