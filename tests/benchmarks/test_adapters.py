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
PACKAGES = ("qjax", "tensorcircuit", "pennylane")
WORKLOADS = ("qml-3-2-4", "tfim-3-2")

# In a process of its own: importing tensorcircuit changes JAX's options for the whole process.
# One process for all adapters of a package, because importing it takes seconds.
SCRIPT = """
import json, sys
from benchmarks import _answers, adapters, workloads
for library in sys.argv[1].split(","):
    adapter = adapters.load(library)
    for name in sys.argv[2].split(","):
        if adapter.supports(workload := workloads.parse(name)):
            program = adapter.build(workload)
            answer = _answers.summary(*program.wait(program.call(*program.args)))
            row = {"library": library, "workload": name, "dtype": program.dtype}
            print(json.dumps(row | answer))
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_adapters_agree_with_the_reference(package):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    libraries = [library for library in adapters.LIBRARIES if library.startswith(package)]
    command = [sys.executable, "-c", SCRIPT, ",".join(libraries), ",".join(WORKLOADS)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    rows = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('{"library"')]
    assert {row["library"] for row in rows if row["workload"] == "qml-3-2-4"} == set(libraries)
    assert {row["workload"] for row in rows} == set(WORKLOADS)
    for row in rows:
        program = reference.build(workloads.parse(row["workload"]))
        expected = _answers.summary(*program.call(*program.args))
        assert _answers.difference(row, expected) < 1e-5, row
        assert row["dtype"] == "complex64"


def test_every_library_is_tested():
    assert all(library.startswith(PACKAGES) for library in adapters.LIBRARIES)


def test_unknown_library_is_refused():
    with pytest.raises(ValueError, match="Argument `library` must be one of"):
        adapters.module_name("qulax")
