"""Pages of connections, forward only (the Relay cursor connections specification)."""

from typing import Any

from mock_api.published.errors import invalid


def page(nodes: dict[str, Any], after: str | None, first: int | None, most: int) -> dict[str, Any]:
    """The connection's page of `first` nodes, or as many as it may have, `after` a cursor.

    Args:
        nodes: all nodes, by their cursors.
        most: how many nodes a page may have.
    """
    if first is not None and not 0 <= first <= most:
        raise invalid(f"first must be 0 to {most}")
    cursors = list(nodes)
    if after is not None and after not in nodes:
        raise invalid("after must be a cursor")
    start = 0 if after is None else cursors.index(after) + 1
    end = start + (most if first is None else first)
    shown = cursors[start:end]
    return {
        "edges": [{"cursor": cursor, "node": nodes[cursor]} for cursor in shown],
        "pageInfo": {
            "startCursor": shown[0] if shown else None,
            "endCursor": shown[-1] if shown else None,
            "hasPreviousPage": start > 0,
            "hasNextPage": end < len(cursors),
        },
        "totalCount": len(cursors),
    }
