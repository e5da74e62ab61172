"""Training of any Flax NNX module, resumable to the bit."""

from qjax.train._errors import (
    CheckpointError as CheckpointError,
    NonFiniteError as NonFiniteError,
    RunFolderError as RunFolderError,
    TrainingError as TrainingError,
)
from qjax.train._fit import fit as fit
from qjax.train._history import History as History, Run as Run, Timings as Timings
from qjax.train._losses import cross_entropy as cross_entropy
from qjax.train._state import Loss as Loss, TrainState as TrainState
