"""How each library computes the workloads: one module a library, all with the same names.

    PACKAGES            the distributions whose versions a row records
    supports(workload)  whether this library has the workload
    build(workload)     the `Program` that is timed

A module imports its library at its top, as that library's users do; only a worker process ever
imports it. To add a library, write its module and add its row here.
"""

import importlib
from types import ModuleType

LIBRARIES = {
    "qjax": "benchmarks.adapters.qjax_",
    "tensorcircuit-plain": "benchmarks.adapters.tensorcircuit_plain",
    "tensorcircuit-vvag": "benchmarks.adapters.tensorcircuit_vvag",
    "tensorcircuit-scan": "benchmarks.adapters.tensorcircuit_scan",
    "pennylane": "benchmarks.adapters.pennylane_",
}

# Not a competitor: its answers are what the others are checked against.
REFERENCE = "reference"


def module_name(library: str) -> str:
    """Returns the module of a library's name; a dotted name is itself a module."""
    if library == REFERENCE:
        return "benchmarks.adapters.reference"
    if library in LIBRARIES:
        return LIBRARIES[library]
    if "." in library:
        return library
    raise ValueError(
        f"Argument `library` must be one of {', '.join(LIBRARIES)} or an adapter's dotted module "
        f"name, but is {library!r}."
    )


def load(library: str) -> ModuleType:
    """Imports a library's adapter, and the library with it."""
    return importlib.import_module(module_name(library))
