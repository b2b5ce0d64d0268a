"""What became of an event, by the state in which its execution ended."""

IGNORING = "IgnoreEvent"
POSTPONED = "EventPostponed"
FAILED = "EventFailed"
UNSENT = "EventUnsent"
UNCAUGHT = "uncaught"
OUTCOMES = {
    "EventHydrated": "stored",
    IGNORING: "ignored",
    POSTPONED: "postponed",
    FAILED: "failed",
    UNSENT: "failed",
}


def outcome(last_state: str | None) -> str:
    """`stored`, `ignored`, `postponed`, `failed`, or `uncaught`: it ended in none of these.

    An event of the last is neither in a queue nor in the bucket.
    """
    return OUTCOMES.get(last_state or "", UNCAUGHT)
