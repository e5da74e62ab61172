"""What a circuit is: gates, structure, parameters, observables."""

from qjax.circuit._circuit import Circuit as Circuit
from qjax.circuit._gate import (
    Gate as Gate,
    data_gate as data_gate,
    pauli_rotation as pauli_rotation,
)
from qjax.circuit._index_map import IndexMap as IndexMap
from qjax.circuit._observables import (
    I as I,
    PauliSum as PauliSum,
    Word as Word,
    X as X,
    Y as Y,
    Z as Z,
    bits as bits,
    seen_by as seen_by,
)
from qjax.circuit._places import is_symmetric as is_symmetric, mixing as mixing
from qjax.circuit._rewrite import moved as moved
from qjax.circuit._structure import (
    Operation as Operation,
    Repeat as Repeat,
    Slot as Slot,
    Structure as Structure,
)
from qjax.circuit._table import GATES as GATES
