"""The command line: what is asked and how it is shown. Nothing that is shown imports it."""
