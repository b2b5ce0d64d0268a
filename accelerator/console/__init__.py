"""The local page that shows executions, objects and failures, and sends events."""
