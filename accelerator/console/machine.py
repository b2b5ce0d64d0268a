"""The state machine as a graph, from its definition in Amazon States Language."""

from typing import Any


def graph(definition: dict[str, Any]) -> dict[str, Any]:
    """States and the ways between them, each pair of states once.

    Returns:
        `{"states": [{"name", "type"}], "edges": [{"from", "to", "kind"}]}`, where the kind is
        `next`, or `catch` where only a Catch leads that way.
    """
    edges: dict[tuple[str, str], str] = {}
    for name, state in definition["States"].items():
        for target in following(state):
            edges[name, target] = "next"
        for catcher in state.get("Catch", []):
            edges.setdefault((name, catcher["Next"]), "catch")
    return {
        "states": [{"name": name, "type": s["Type"]} for name, s in definition["States"].items()],
        "edges": [{"from": a, "to": b, "kind": kind} for (a, b), kind in edges.items()],
    }


def following(state: dict[str, Any]) -> list[str]:
    """The states that a state leads to when nothing fails."""
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    return [*choices, *(state[name] for name in ("Next", "Default") if name in state)]
