"""Arrays to arrays: the steps that act on a statevector, with no circuit in sight."""

from qjax.kernels._mesh import like_varying as like_varying
from qjax.kernels._pauli import pauli_values as pauli_values
from qjax.kernels._program import (
    Evolve as Evolve,
    Loop as Loop,
    Program as Program,
    Rounds as Rounds,
    made_ready as made_ready,
    prepared as prepared,
    run as run,
    run_ready as run_ready,
    run_rounds as run_rounds,
)
from qjax.kernels._state import (
    product_state as product_state,
    real_block as real_block,
    to_complex as to_complex,
    to_planes as to_planes,
)
from qjax.kernels._steps import (
    Block as Block,
    Gather as Gather,
    Move as Move,
    PauliRotation as PauliRotation,
    Phases as Phases,
    Route as Route,
    reverse as reverse,
)
from qjax.kernels._tile import Span as Span, Tiling as Tiling
from qjax.kernels._tile_step import (
    Tile as Tile,
    check_implementation as check_implementation,
    check_runs as check_runs,
)
