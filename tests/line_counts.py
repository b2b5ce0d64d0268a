"""Keeps the line counts of docs/architecture.md: `python -m tests.line_counts`."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"
COUNTED = re.compile(r"\]\(([^)]+)\) \((\d+)\)")


def counted(text: str) -> str:
    """The page with the number of lines of each file that it counts."""

    def count(found: re.Match[str]) -> str:
        lines = (PAGE.parent / found[1]).read_text(encoding="utf-8").count("\n")
        return f"]({found[1]}) ({lines})"

    return COUNTED.sub(count, text)


if __name__ == "__main__":
    PAGE.write_text(counted(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
