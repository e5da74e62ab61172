"""What a user of the command line can do wrong."""

from __future__ import annotations


class UsageError(Exception):
    """An argument that cannot be used; its one line is printed, and the exit code is 2."""


class ProcessLost(Exception):
    """Another process of the run died; one line is printed, and the exit code is 134."""
