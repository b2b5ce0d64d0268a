"""What the functions tell: their metrics, and the messages of their log lines."""

NAMESPACE = "EventAccelerator"

# Metrics; those of one event are counts.
EVENT_RECEIVED = "EventReceived"
EVENT_IGNORED = "EventIgnored"
EVENT_FAILED = "EventFailed"
EVENT_UNSENT = "EventUnsent"
UNCAUGHT_ERROR = "UncaughtError"
EVENT_REDRIVEN = "EventRedriven"
API_LATENCY = "ApiLatency"
# What EventReceived tells in place of an event type where there is none to trust.
INVALID = "invalid"

# Messages.
QUERYING = "querying"
RESPONSE_RECEIVED = "response received"
QUERY_FAILED = "query failed"
FAILED = "event failed"
REDRIVEN = "event redriven"
