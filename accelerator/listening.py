"""Who listens on this machine."""

import http.client
import socket
from urllib.parse import urlsplit

from accelerator.deployment import Deployment
from accelerator.problem import Problem


def check_ports(ports: dict[str, int | None]) -> None:
    """Raise a Problem where a port, given with the option that it is set with, is busy."""
    for option, number in ports.items():
        if number is not None and is_listening(number):
            raise Problem(f"port {number} is busy: free it, or choose another with {option}")


def is_listening(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(wanted: int, *taken: int) -> int:
    """The port that is wanted, or the next above it that is neither busy nor taken."""
    return next(
        port for port in range(wanted, 65536) if port not in taken and not is_listening(port)
    )


def ports(*given: int | None) -> list[int]:
    """Ports of the local cloud, the mock and the console: those given, else 4566 and on, or free.

    None of those that are chosen here is another's.
    """
    found = list[int]()
    for first, port in enumerate(given, 4566):
        found.append(port or free_port(first, *found, *filter(None, given)))
    return found


def answers(url: str) -> bool:
    """Whether a URL of this machine answers 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def dead(cloud: Deployment) -> list[str]:
    """The parts of the local cloud that are served by no process any more."""
    addresses = {
        "local cloud": cloud.endpoint,
        "mock Buy with Prime": cloud.event_api,
        "console": cloud.console,
    }
    ports = {name: urlsplit(address or "").port for name, address in addresses.items()}
    return [name for name, port in ports.items() if port and not is_listening(port)]
