"""What is asked of a circuit."""

from qjax.measure._choice import Estimate as Estimate, bond_bits as bond_bits
from qjax.measure._chunked import chunked_vmap as chunked_vmap
from qjax.measure._explain import (
    Explanation as Explanation,
    Rates as Rates,
    explain as explain,
)
from qjax.measure._hessian import hessian_vector_product as hessian_vector_product
from qjax.measure._metric import (
    metric_operator as metric_operator,
    metric_tensor as metric_tensor,
    quantum_fisher as quantum_fisher,
)
from qjax.measure._mps import (
    MatrixProductState as MatrixProductState,
    matrix_product_state as matrix_product_state,
)
from qjax.measure._plan import Plan as Plan, plan as plan
from qjax.measure._sizing import ChunkPlan as ChunkPlan, plan_chunks as plan_chunks
from qjax.measure._verbs import (
    amplitude as amplitude,
    density_matrix as density_matrix,
    expectation as expectation,
    probabilities as probabilities,
    sample as sample,
    statevector as statevector,
    unitary as unitary,
)
