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
for pair in sys.argv[1:]:
    library, name = pair.split(",")
    program = adapters.load(library).build(workloads.parse(name))
    answer = _answers.summary(*program.wait(program.call(*program.args)))
    print(json.dumps({"pair": pair, "dtype": program.dtype, **answer}))
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_adapters_agree_with_the_reference(package):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    libraries = [library for library in adapters.LIBRARIES if library.startswith(package)]
    pairs = [f"{library},{name}" for library in libraries for name in WORKLOADS]
    if "tensorcircuit-vvag,tfim-3-2" in pairs:
        pairs.remove("tensorcircuit-vvag,tfim-3-2")
    command = [sys.executable, "-c", SCRIPT, *pairs]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    lines = [line for line in run.stdout.splitlines() if line.startswith('{"pair"')]
    answers = {(answer := json.loads(line))["pair"]: answer for line in lines}
    assert set(answers) == set(pairs)
    for pair, answer in answers.items():
        program = reference.build(workloads.parse(pair.partition(",")[2]))
        expected = _answers.summary(*program.call(*program.args))
        assert _answers.difference(answer, expected) < 1e-5
        assert answer["dtype"] == "complex64"


def test_every_library_is_tested():
    assert all(library.startswith(PACKAGES) for library in adapters.LIBRARIES)


def test_unknown_library_is_refused():
    with pytest.raises(ValueError, match="Argument `library` must be one of"):
        adapters.module_name("qulax")
