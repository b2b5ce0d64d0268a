"""What became of an event, by the state in which its execution ended."""

OUTCOMES = {
    "EventHydrated": "stored",
    "IgnoreEvent": "ignored",
    "EventPostponed": "postponed",
    "EventFailed": "failed",
}
IGNORING = "IgnoreEvent"


def outcome(last_state: str | None) -> str:
    """`stored`, `ignored`, `postponed` or `failed`, which is also whatever ended elsewhere."""
    return OUTCOMES.get(last_state or "", "failed")
