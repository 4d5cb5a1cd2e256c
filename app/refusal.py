"""Why the program does not do what it was started for, in lines for a person at a terminal."""

from __future__ import annotations


class Refusal(Exception):
    """Each line of the message goes to stderr; the exit code is 2, and no traceback is shown."""
