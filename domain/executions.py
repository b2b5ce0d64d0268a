"""What became of an event, by the state in which its execution ended."""

IGNORING = "IgnoreEvent"
POSTPONED = "EventPostponed"
FAILED = "EventFailed"
UNSENT = "EventUnsent"
OUTCOMES = {
    "EventHydrated": "stored",
    IGNORING: "ignored",
    POSTPONED: "postponed",
    FAILED: "failed",
    UNSENT: "failed",
}


def outcome(last_state: str | None) -> str:
    """`stored`, `ignored`, `postponed` or `failed`, which is also whatever ended elsewhere."""
    return OUTCOMES.get(last_state or "", "failed")
