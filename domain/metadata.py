"""The user metadata of a stored object: which event it is of, and what was asked for it.

S3 keeps 2 KB of it, in headers that hold ASCII alone, and documents RFC 2047 for all else.
"""

import binascii
import re
from collections.abc import Mapping
from typing import Any

# What ExtractId tells of an event, by the names that S3 is given.
OF_EVENT = {
    "event-id": "eventId",
    "event-type": "eventType",
    "entity": "entity",
    "entity-id": "id",
}
CONTRACT, DOCUMENT = "contract", "document-sha256"
NAMES = (*OF_EVENT, CONTRACT, DOCUMENT)
# What a header carries as it is; what looks like RFC 2047 would be taken for it.
PLAIN = re.compile(r"(?!.*=\?)[!-~]+")


def metadata(hydration: dict[str, Any], contract: str, digest: str) -> dict[str, str]:
    """What to store beside a response: each of NAMES, in visible ASCII characters.

    Args:
        hydration: ExtractId's result.
        contract: the API's, `mock` or a published version.
        digest: the SHA-256 of the GraphQL document's file, in hexadecimal digits.
    """
    of_event = {name: encoded(hydration[at]) for name, at in OF_EVENT.items()}
    return of_event | {CONTRACT: contract, DOCUMENT: digest}


def encoded(value: str) -> str:
    """A value as a header can carry it: as it is, or as an encoded word (RFC 2047, section 2)."""
    if PLAIN.fullmatch(value):
        return value
    word = binascii.b2a_base64(value.encode(), newline=False).decode()
    return f"=?UTF-8?B?{word}?="


def read(stored: Mapping[str, str]) -> dict[str, str]:
    """Those of NAMES that an object has, as they were before they were encoded."""
    # No function reads them.
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    def decoded(value: str) -> str:
        try:
            return str(make_header(decode_header(value)))
        except (HeaderParseError, ValueError, LookupError):  # no encoded word after all
            return value

    return {name: decoded(stored[name]) for name in NAMES if name in stored}
