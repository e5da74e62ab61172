"""Arrays to arrays: the steps that act on a statevector, with no circuit in sight."""

from qjax.kernels._pauli import pauli_values as pauli_values
from qjax.kernels._program import Loop as Loop
from qjax.kernels._program import Program as Program
from qjax.kernels._program import like_varying as like_varying
from qjax.kernels._program import run as run
from qjax.kernels._state import product_state as product_state
from qjax.kernels._state import real_block as real_block
from qjax.kernels._state import to_complex as to_complex
from qjax.kernels._state import to_pairs as to_pairs
from qjax.kernels._steps import Block as Block
from qjax.kernels._steps import Gather as Gather
from qjax.kernels._steps import Move as Move
from qjax.kernels._steps import PauliRotation as PauliRotation
from qjax.kernels._steps import Phases as Phases
from qjax.kernels._steps import pull_back as pull_back
