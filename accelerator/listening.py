"""Who listens on this machine."""

import errno
import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from accelerator.deployment import STATE_DIR, Deployment
from accelerator.problem import Problem


def listen(option: str, port: int) -> socket.socket:
    """A socket that listens on a port of this machine, so that nobody else can take it.

    Raises:
        Problem: the port, which the option sets, is busy or not this user's to take.
    """
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        busy = error.errno == errno.EADDRINUSE
        why = "is busy: free it" if busy else f"cannot be taken ({error.strerror}): allow it"
        raise Problem(f"port {port} {why}, or choose another with {option}") from None


@contextmanager
def listening(ports: dict[str, int]) -> Iterator[dict[str, socket.socket]]:
    """A socket for each port, by the option that sets it; they are closed in the end."""
    with ExitStack() as opened:
        yield {option: opened.enter_context(listen(option, port)) for option, port in ports.items()}


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
    """Whether a URL of this machine answers, and not that it cannot serve yet."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


CLOUD = "local cloud"


def dead(cloud: Deployment) -> list[str]:
    """The parts of the local cloud that are served by no process any more."""
    addresses = {
        CLOUD: cloud.endpoint,
        "mock Buy with Prime": cloud.event_api,
        "console": cloud.console,
    }
    ports = {name: urlsplit(address or "").port for name, address in addresses.items()}
    return [name for name, port in ports.items() if port and not is_listening(port)]


def dead_told(gone: list[str]) -> str:
    """What to say of dead parts: without the cloud itself nothing is left to deploy again on."""
    mended = "'accelerator down' and 'up'" if CLOUD in gone else "'accelerator up'"
    return f"{', '.join(gone)}: see {STATE_DIR}/*.log, then {mended}"
