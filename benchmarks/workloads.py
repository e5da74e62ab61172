"""The workloads by name, such as "qml-8-4-256": a family and its sizes."""

from benchmarks._circuit import Op as Op, Term as Term, Workload as Workload
from benchmarks._families import FAMILIES

QML = ("qml-8-4-256", "qml-10-3-100", "qml-12-6-64")
TFIM = ("tfim-12-4", "tfim-18-10")
BORN = tuple(f"born-{n}-8-1000" for n in range(4, 16))
QUICK = ("qml-8-4-256", "qml-10-3-100", "tfim-12-4", "gradient-6-3", "born-6-8-1000")
LARGE = (
    "chain-1000-4",
    "maxcut-100-2",
    "brick-100-10",
    "brick-100-20",
    "grid-6-6",
    "gridamplitude-6-6",
)
PRESETS = (
    *QML,
    "qml-10-3-1",
    "qml-10-3-10",
    "qml-10-3-1000",
    "qml-16-8-16",
    "qml-20-8-1",
    *TFIM,
    "tfim-20-10",
    "tfim-24-10",
    "state-20-8",
    "state-22-8",
    "deep-12-10-4",
    "deep-12-100-4",
    "deep-12-1000-4",
    "deep-12-5000-4",
    "random-12-2000",
    "qaoa-16-8-64",
    *(name.replace("born", "bornforward") for name in BORN),
    *BORN,
    "mnist-10-3-512",
    "gradient-6-3",
    "fisher-6-3",
    "hessian-6-3",
    *LARGE,
)


def parse(name: str) -> Workload:
    """Returns the workload that a name such as "qml-8-4-256" or "tfim-12-4" describes."""
    family, *sizes = name.split("-")
    try:
        numbers = tuple(map(int, sizes))
        if min(numbers) < 1:
            raise ValueError
        return FAMILIES[family](name, *numbers)
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"Argument `name` must be a family and its sizes, such as {', '.join(PRESETS[:4])}, "
            f"but is {name!r}."
        ) from None
