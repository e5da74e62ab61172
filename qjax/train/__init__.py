"""Training of any Flax NNX module, resumable to the bit."""

from qjax.train._checkpoint import whole_file as whole_file
from qjax.train._distances import (
    kl_divergence as kl_divergence,
    mmd as mmd,
    sample_mmd as sample_mmd,
    total_variation as total_variation,
)
from qjax.train._errors import (
    CheckpointError as CheckpointError,
    NonFiniteError as NonFiniteError,
    ProcessError as ProcessError,
    RunFolderError as RunFolderError,
    Stopped as Stopped,
    TrainingError as TrainingError,
)
from qjax.train._expressibility import (
    entangling_capability as entangling_capability,
    expressibility as expressibility,
    meyer_wallach as meyer_wallach,
)
from qjax.train._fit import fit as fit
from qjax.train._history import History as History, Run as Run, Timings as Timings
from qjax.train._hosts import by_leader as by_leader, leaders as leaders, leads as leads
from qjax.train._identity import check_same as check_same
from qjax.train._kernels import bit_kernel as bit_kernel, gaussian_kernel as gaussian_kernel
from qjax.train._losses import cross_entropy as cross_entropy
from qjax.train._many import fit_many as fit_many
from qjax.train._runs import Folds as Folds, Runs as Runs, grid as grid, k_folds as k_folds
from qjax.train._state import Loss as Loss, TrainState as TrainState
from qjax.train._stream import Stream as Stream
from qjax.train._variance import (
    GradientVariance as GradientVariance,
    gradient_variance as gradient_variance,
)
from qjax.train._workspace import Workspace as Workspace, read_run as read_run
