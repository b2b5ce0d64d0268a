"""What goes wrong for a user: told in one line, without a stack trace."""


class Problem(Exception):
    """Says what is wrong, where, and what to do; ends the command with exit code 1."""
