"""Executions of the state machine: where they are read, and how they are shown."""
