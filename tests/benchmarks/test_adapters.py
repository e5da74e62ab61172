"""Every library computes the same numbers as the reference."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import _answers, adapters, workloads
from benchmarks.adapters import reference

ROOT = Path(__file__).parents[2]
# One workload at least for whatever an adapter does in its own way: a batch, layers or none, one
# term or several, coefficients that are data, each kind of answer.
WORKLOADS = (
    "qml-2-2-3",
    "tfim-2-2",
    "random-2-8",
    "qaoa-4-1-2",
    "bornforward-2-1-3",
    "fisher-2-1",
)
# An engine asked for by name differs from the adapter's other forms in that name alone.
BEYOND = "tfim-2-2"
# What is measured in environments of its own cannot run in this one.
MODULES = sorted({row.module for row in adapters.LIBRARIES.values() if not row.needs})

# In a process of its own: importing tensorcircuit changes JAX's options for the whole process.
# One process for all forms of a module, because importing the library takes seconds.
SCRIPT = """
import json, sys
from benchmarks import _answers, adapters, workloads
beyond, *names = sys.argv[2].split(",")
for library in sys.argv[1].split(","):
    adapter, form = adapters.load(library)
    for name in [beyond] if adapters.library(library).beyond == "only" else names:
        if adapter.supports(workload := workloads.parse(name), form):
            program = adapter.build(workload, form)
            answer = _answers.summary(*program.wait(program.call(*program.args)))
            row = {"library": library, "workload": name, "dtype": program.dtype}
            print(json.dumps(row | answer))
"""


@pytest.mark.parametrize("module", MODULES)
def test_adapters_agree_with_the_reference(module):
    package = {"lightning_": "pennylane_lightning"}.get(module, module.strip("_"))
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    libraries = [n for n, r in adapters.LIBRARIES.items() if r.module == module and not r.needs]
    command = [sys.executable, "-c", SCRIPT, ",".join(libraries), ",".join((BEYOND, *WORKLOADS))]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    rows = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('{"library"')]
    assert {row["library"] for row in rows} == set(libraries)
    assert {"qml-2-2-3", "random-2-8", "qaoa-4-1-2"} <= {row["workload"] for row in rows}
    for row in rows:
        workload = workloads.parse(row["workload"])
        program = reference.build(workload)
        expected = _answers.summary(*program.call(*program.args))
        assert _answers.difference(row, expected) < workload.tolerance, row
        assert row["dtype"] in ("complex64", "complex128")


def test_unknown_library_is_refused():
    with pytest.raises(ValueError, match="Argument `library` must be one of"):
        adapters.library("qulax")


def test_quick_libraries_need_no_environment():
    assert all(not adapters.LIBRARIES[name].needs for name in adapters.QUICK)
