"""Arrays to arrays: the steps that act on a statevector, with no circuit in sight."""

from qjax.kernels._pauli import pauli_values as pauli_values
from qjax.kernels._program import (
    Loop as Loop,
    Program as Program,
    Rounds as Rounds,
    like_varying as like_varying,
    made_ready as made_ready,
    prepared as prepared,
    run as run,
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
    reverse as reverse,
)
from qjax.kernels._tile import Span as Span, Tiling as Tiling
from qjax.kernels._tile_step import Tile as Tile
