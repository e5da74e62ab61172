"""Arrays to arrays: the steps that act on a statevector, with no circuit in sight."""

from qjax.kernels._exchange import (
    Exchange as Exchange,
    Renumber as Renumber,
    bits_of as bits_of,
)
from qjax.kernels._mesh import like_varying as like_varying, made_varying as made_varying
from qjax.kernels._mps import (
    Mps as Mps,
    bond_basis as bond_basis,
    evolve_mps as evolve_mps,
    product_mps as product_mps,
)
from qjax.kernels._mps_read import (
    UNITS as UNITS,
    entanglement_entropy as entanglement_entropy,
    environments as environments,
    mps_amplitudes as mps_amplitudes,
    mps_sample as mps_sample,
    mps_state as mps_state,
    schmidt_weights as schmidt_weights,
    square_norm as square_norm,
    string_values as string_values,
)
from qjax.kernels._pauli import pauli_values as pauli_values, turning_blocks as turning_blocks
from qjax.kernels._pauli_across import (
    SplitMask as SplitMask,
    pauli_values_across as pauli_values_across,
)
from qjax.kernels._pauli_spread import spread_pauli_values as spread_pauli_values
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
from qjax.kernels._sample import (
    marginal as marginal,
    sample_bits as sample_bits,
    sample_bits_across as sample_bits_across,
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
