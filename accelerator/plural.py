"""How many of something there are, in words."""


def plural(count: int, what: str) -> str:
    """Such as `1 version` and `2 versions`."""
    return f"{count} {what}{'' if count == 1 else 's'}"
