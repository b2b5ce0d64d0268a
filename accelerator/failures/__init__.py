"""The events that failed: where they are kept, and the way back."""
