"""Variational eigensolvers for molecules in STO-3G: reference energies, UCCSD, ADAPT-VQE."""

from benchmarks.tables._frame import Table
from benchmarks.tables.chemistry._cells import cells, run

TABLE = Table(
    title="VQE chemistry in STO-3G: reference energies, UCCSD on hydrogen chains, ADAPT-VQE on H4",
    source="PySCF (references); TenCirChem, docs/source/quickstart.rst (UCCSD) and "
    "docs/source/tutorial_jupyter/adapt_vqe.ipynb (ADAPT-VQE)",
    cells=cells,
    run=run,
    left_out={
        "uccsd/H12 to H16": "Hours on a CPU: a sector of 853,776 determinants and more.",
        "uccsd/*/depth": "Counts gates of another decomposition of the excitations.",
        "adapt/H4-0.8/norm 9": "What the published optimiser left over, 2.5e-5: no property of "
        "the ansatz.",
        "kUpCCGSD": "Published as a bound of a test only.",
        "vqe_h2o.ipynb": "A hardware-efficient ansatz from unseeded angles.",
    },
    extra="chem",
    modules=("pyscf",),
)
