"""What an entry of a GraphQL response's `errors` says, in the forms of either contract."""

import re
from typing import Any

CODE = re.compile(r"[0-9A-Za-z_.:-]{1,64}")


def error_codes(error: object) -> list[str]:
    """An error's codes: AppSync's `errorType`, the customary `extensions.code`, and the published.

    Those are the members of `extensions.classification`, or that itself where it is a text, as
    GraphQL Java writes it (Buy with Prime API docs, "inventoryItem"; its connectors on GitHub).
    """
    extensions = member(error, "extensions")
    classification = member(extensions, "classification")
    codes = [
        member(error, "errorType"),
        member(extensions, "code"),
        classification,
        *(member(classification, name) for name in ("type", "errorType", "errorCode", "code")),
    ]
    texts = [str(code) for code in codes if type(code) in (str, int)]
    return [text for text in texts if CODE.fullmatch(text)]


def member(value: object, name: str) -> Any:
    """A member of an object; None where there is none."""
    return value.get(name) if isinstance(value, dict) else None
