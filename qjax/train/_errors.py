"""Everything that can go wrong in a run, each with the path or the step and the way out."""

from __future__ import annotations


class TrainingError(Exception):
    """Base of the errors below: a command line catches it and prints its one message."""


class CheckpointError(TrainingError):
    """A checkpoint cannot be read, or belongs to another run."""


class RunFolderError(TrainingError):
    """A run folder cannot be made or written."""


class ProcessError(TrainingError):
    """The processes of one run do not agree on what to do."""


class Stopped(Exception):
    """A signal asked a run to stop; everything is saved, and the same call goes on from there.

    Attributes:
        signal: Its number.
    """

    signal: int

    def __init__(self, signal: int):
        super().__init__(f"stopped by signal {signal}")
        self.signal = signal


class NonFiniteError(TrainingError):
    """A loss or a parameter became infinite or not a number.

    Attributes:
        step: Number of the first bad step of the run, counted from 1.
    """

    step: int

    def __init__(self, message: str, step: int):
        super().__init__(message)
        self.step = step
