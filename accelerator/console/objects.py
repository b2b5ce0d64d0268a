"""What the page shows of a stored object."""

import json

from accelerator.executions.mask import masked
from domain.untrusted import parse

NO_JSON = "This is no JSON, so that nothing in it can be masked: reveal it to read it."


def readable(content: bytes, reveal: bool) -> str:
    """An object's content as text: JSON indented, customer data masked unless revealed."""
    try:
        value = parse(content)
    except ValueError:
        return content.decode(errors="replace") if reveal else NO_JSON
    return json.dumps(value if reveal else masked(value), indent=2, ensure_ascii=False)
