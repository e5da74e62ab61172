"""Molecules: integrals, fermions in qubits, unitary coupled cluster, variational eigensolvers."""

from qjax.chemistry._ansatz import (
    Ansatz as Ansatz,
    hartree_fock as hartree_fock,
    uccsd as uccsd,
)
from qjax.chemistry._cluster_energy import ClusterEnergy as ClusterEnergy, Minimum as Minimum
from qjax.chemistry._encoding import (
    Encoding as Encoding,
    bravyi_kitaev as bravyi_kitaev,
    jordan_wigner as jordan_wigner,
    parity_encoding as parity_encoding,
)
from qjax.chemistry._excitations import (
    Excitation as Excitation,
    excitation_pool as excitation_pool,
)
from qjax.chemistry._integrals import (
    Integrals as Integrals,
    hartree_fock_energy as hartree_fock_energy,
    mp2_amplitudes as mp2_amplitudes,
)
from qjax.chemistry._molecule import Molecule as Molecule, hydrogen_chain as hydrogen_chain
from qjax.chemistry._operators import (
    from_openfermion as from_openfermion,
    hamiltonian as hamiltonian,
    number as number,
    spin_squared as spin_squared,
    spin_z as spin_z,
)
from qjax.chemistry._sector import Sector as Sector
from qjax.chemistry._vqe import (
    Growth as Growth,
    adapt_vqe as adapt_vqe,
    vqe as vqe,
)
