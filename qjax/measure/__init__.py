"""What is asked of a circuit."""

from qjax.measure._verbs import amplitude as amplitude
from qjax.measure._verbs import density_matrix as density_matrix
from qjax.measure._verbs import expectation as expectation
from qjax.measure._verbs import probabilities as probabilities
from qjax.measure._verbs import sample as sample
from qjax.measure._verbs import statevector as statevector
from qjax.measure._verbs import unitary as unitary
