"""What the API's two contracts ask of a query: the mock accelerator's, and the published one.

API_VERSION is the published API's version, such as 2024-11-01; where it is unset or empty, the mock
accelerator's contract holds.
"""

import os
import re
from typing import Any

from domain.environment import variable
from domain.errors import InvalidEvent
from domain.family import MOCK

TARGET = re.compile(r"[!-~]{1,256}")


def version() -> str:
    """The version of the published API, or nothing in the mock accelerator's contract."""
    return os.environ.get("API_VERSION", "")


def contract() -> str:
    """The contract's name: the published API's version, or `mock`."""
    return version() or MOCK


def headers(token: str, hydration: dict[str, Any]) -> dict[str, str]:
    """The headers of a query (Buy with Prime API docs, "Call the Buy with Prime API").

    Raises:
        InvalidEvent: the published API wants a target, and none is named that a header can carry.
    """
    if not version():
        return {
            "Authorization": f"bearer {token}",
            "X-Omni-InstallationId": variable("INSTALLATION_ID"),
            "Content-Type": "application/json",
        }
    return {
        "Authorization": f"Bearer {token}",
        "x-api-target-id": target_id(hydration),
        "x-api-version": version(),
        "Content-Type": "application/json",
    }


def target_id(hydration: dict[str, Any]) -> str:
    """The business product to ask about: the deployment's TARGET_ID, or else the event's own."""
    target = os.environ.get("TARGET_ID") or hydration.get("targetId")
    if not isinstance(target, str) or not TARGET.fullmatch(target):
        raise InvalidEvent("the target id is not 1 to 256 visible ASCII characters")
    return target
