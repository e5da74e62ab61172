"""What a circuit is: gates, structure, parameters, observables."""

from qjax.circuit import _errors as errors
from qjax.circuit._circuit import Circuit as Circuit
from qjax.circuit._gates import GATES as GATES
from qjax.circuit._gates import Gate as Gate
from qjax.circuit._gates import data_gate as data_gate
from qjax.circuit._index_map import IndexMap as IndexMap
from qjax.circuit._observables import I as I
from qjax.circuit._observables import PauliSum as PauliSum
from qjax.circuit._observables import Word as Word
from qjax.circuit._observables import X as X
from qjax.circuit._observables import Y as Y
from qjax.circuit._observables import Z as Z
from qjax.circuit._structure import Operation as Operation
from qjax.circuit._structure import Repeat as Repeat
from qjax.circuit._structure import Slot as Slot
from qjax.circuit._structure import Structure as Structure
