"""Importing qjax changes nothing in the process and starts nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROBE = """
import json, os, sys

import jax

from jax._src import xla_bridge


def state():
    return {"config": {name: repr(jax.config._read(name)) for name in jax.config.values},
            "environment": dict(os.environ)}


before = state()
import qjax
after = state()
print(json.dumps({
    "changed": [key for key in before if before[key] != after[key]],
    "backends": list(xla_bridge._backends),
    "modules": sorted({name.split(".")[0] for name in sys.modules}),
}))
"""


@pytest.fixture(scope="module")
def imported():
    result = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_options_and_environment_stay(imported):
    assert imported["changed"] == []


def test_no_backend_starts(imported):
    assert imported["backends"] == []


@pytest.mark.parametrize(
    "heavy", ["flax", "tensorcircuit", "matplotlib", "optax", "sklearn", "cotengra"]
)
def test_heavy_libraries_stay_out(imported, heavy):
    assert heavy not in imported["modules"]
