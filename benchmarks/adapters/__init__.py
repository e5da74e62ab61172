"""How each library computes the workloads: one module a library, all with the same names.

    PACKAGES                  the distributions whose versions a row records
    supports(workload, form)  whether this library, used so, has the workload
    build(workload, form)     the `Program` that is timed

A module imports its library at its top, as that library's users do; only a worker process ever
imports it. To add a library, write its module and add its row here.
"""

import importlib
from types import ModuleType
from typing import NamedTuple

from benchmarks._circuit import Workload


class Library(NamedTuple):
    """A library and a way to use it.

    Attributes:
        module: Of this folder, or dotted from anywhere.
        form: How it is used; the module says what each means.
        needs: Where its versions clash with ours or it is large: what its own environment holds.
        beyond: "also" if it goes beyond a statevector, to any number of qubits, "only" if it is
            measured there and nowhere else.
        compiles: Whether XLA compiles it. What is in C++ or PyTorch compiles nothing at a first
            call.
    """

    module: str
    form: str = ""
    needs: tuple[str, ...] = ()
    beyond: str = ""
    compiles: bool = True

    def reaches(self, workload: Workload) -> bool:
        """Whether the workload is for it, by its number of qubits and by what is asked."""
        if workload.qubits <= LARGEST_STATE and workload.terms:
            return self.beyond != "only"
        return bool(self.beyond)


# Qubits of a statevector that a large machine holds.
LARGEST_STATE = 32

LIBRARIES = {
    "qjax": Library("qjax_", "repeat", beyond="also"),
    "qjax-loop": Library("qjax_", "loop", beyond="also"),
    # Each engine by name, on what is beyond a statevector.
    "qjax-cones": Library("qjax_", "cones", beyond="only"),
    "qjax-network": Library("qjax_", "network", beyond="only"),
    "qjax-mps": Library("qjax_", "mps", beyond="only"),
    "tensorcircuit-plain": Library("tensorcircuit_", "plain", beyond="also"),
    "tensorcircuit-vvag": Library("tensorcircuit_", "vvag"),
    "tensorcircuit-scan": Library("tensorcircuit_", "scan"),
    "pennylane": Library("pennylane_", "default.qubit"),
    "lightning-plain": Library("pennylane_", "lightning.qubit"),
    "lightning": Library("lightning_", "lightning.qubit", compiles=False),
    "qulacs": Library("qulacs_", compiles=False),
    "qujax-plain": Library("qujax_", "plain"),
    "qujax-scan": Library("qujax_", "scan"),
    "quimb": Library("quimb_", needs=("quimb==1.15.0", "jax==0.10.2"), beyond="only"),
    # Newer JAX breaks its dispatch on the type of a state.
    "horqrux": Library("horqrux_", needs=("horqrux==0.9.2", "jax==0.6.2", "jaxlib==0.6.2")),
    "deepquantum": Library("deepquantum_", needs=("deepquantum==4.5.0",), compiles=False),
    # cuQuantum's cuStateVec with an adjoint gradient.
    "lightning-gpu": Library(
        "lightning_",
        "lightning.gpu",
        ("pennylane==0.45.1", "pennylane-lightning-gpu==0.45.0", "custatevec-cu12", "jax==0.10.2"),
        compiles=False,
    ),
}

# One form a library, its best, none that brings gigabytes.
QUICK = (
    "qjax",
    "qjax-loop",
    "tensorcircuit-scan",
    "pennylane",
    "lightning",
    "qulacs",
    "qujax-scan",
)

# Not a competitor: its answers are what the others are checked against.
REFERENCE = "reference"


def library(name: str) -> Library:
    """Returns the row of a library's name; a dotted name is itself a module."""
    if name == REFERENCE:
        return Library(name)
    if name in LIBRARIES:
        return LIBRARIES[name]
    if "." in name:
        return Library(name)
    raise ValueError(
        f"Argument `library` must be one of {', '.join(LIBRARIES)} or an adapter's dotted module "
        f"name, but is {name!r}."
    )


def load(name: str) -> tuple[ModuleType, str]:
    """Imports a library's adapter, and the library with it; returns it and the form."""
    row = library(name)
    module = row.module if "." in row.module else f"{__name__}.{row.module}"
    return importlib.import_module(module), row.form
