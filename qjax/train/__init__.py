"""Training of any Flax NNX module, resumable to the bit."""

from ._errors import (
    CheckpointError as CheckpointError,
    NonFiniteError as NonFiniteError,
    RunFolderError as RunFolderError,
    TrainingError as TrainingError,
)
from ._fit import fit as fit
from ._history import History as History, Run as Run, Timings as Timings
from ._losses import cross_entropy as cross_entropy
from ._state import Loss as Loss, TrainState as TrainState
