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
WORKLOADS = ("qml-3-2-4", "tfim-3-2")

# In a process of its own: importing tensorcircuit changes JAX's options for the whole process.
SCRIPT = """
import json, sys
from benchmarks import _answers, adapters, workloads
adapter = adapters.load(sys.argv[1])
for name in sys.argv[2:]:
    program = adapter.build(workloads.parse(name))
    answer = _answers.summary(*program.wait(program.call(*program.args)))
    print(json.dumps({"workload": name, "dtype": program.dtype, **answer}))
"""


@pytest.mark.parametrize("library", adapters.LIBRARIES)
def test_adapter_agrees_with_the_reference(library):
    package = library.partition("-")[0]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    command = [sys.executable, "-c", SCRIPT, library, *WORKLOADS]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    lines = [line for line in run.stdout.splitlines() if line.startswith('{"workload"')]
    answers = {(answer := json.loads(line))["workload"]: answer for line in lines}
    assert set(answers) == set(WORKLOADS)
    for name, answer in answers.items():
        program = reference.build(workloads.parse(name))
        expected = _answers.summary(*program.call(*program.args))
        assert _answers.difference(answer, expected) < 1e-5
        assert answer["dtype"] == "complex64"


def test_unknown_library_is_refused():
    with pytest.raises(ValueError, match="Argument `library` must be one of"):
        adapters.module_name("qulax")
