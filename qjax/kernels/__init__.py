"""Arrays to arrays: the steps that act on a statevector, with no circuit in sight."""

from qjax.kernels._pauli import pauli_values as pauli_values
from qjax.kernels._program import (
    Loop as Loop,
    Program as Program,
    like_varying as like_varying,
    run as run,
)
from qjax.kernels._state import (
    product_state as product_state,
    real_block as real_block,
    to_complex as to_complex,
    to_pairs as to_pairs,
)
from qjax.kernels._steps import (
    Block as Block,
    Gather as Gather,
    Move as Move,
    PauliRotation as PauliRotation,
    Phases as Phases,
    pull_back as pull_back,
)
