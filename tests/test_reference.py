"""The page to look up names is complete, and so are the docstrings that it points to."""

import functools
import importlib
import inspect
from pathlib import Path

import pytest

import qjax

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
ESTIMATORS = PAGE.with_name("estimators.md")
# Where a user looks; `train` and `sharding` hold what others of qjax's own packages need, too.
DOCUMENTED = ("library", "chemistry", "data", "estimators", "interop", "nn", "optimize", "plot")
PACKAGES = (*DOCUMENTED, "sharding", "train")


def public(module):
    values = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    own = {name: value for name, value in values.items() if not inspect.ismodule(value)}
    return {name: value for name, value in own.items() if name != "Any"}


@functools.cache
def sections():
    parts = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0].split(" ")[-1].strip("`"): part for part in parts}


@pytest.mark.parametrize("package", ["qjax", *(f"qjax.{name}" for name in PACKAGES)])
def test_every_public_name_is_listed(package):
    missing = [
        name
        for name in public(importlib.import_module(package))
        if f"`{name}`" not in sections()[package]
    ]
    assert not missing


def test_every_gate_is_listed_as_it_is_called():
    lines = sections()["Gates"].splitlines()
    for name, gate in qjax.GATES.items():
        call = f"| `{name}({', '.join([*gate.parameters, *gate.qubit_names])})` |"
        assert any(line.startswith(f"{call} {gate.n_qubits} |") for line in lines), call


def test_every_estimator_is_on_its_page():
    text = ESTIMATORS.read_text(encoding="utf-8")
    kinds = [name for name, kind in public(qjax.estimators).items() if hasattr(kind, "fit")]
    assert kinds and not [name for name in kinds if f"`{name}`" not in text]


@pytest.mark.parametrize("package", ["qjax", *(f"qjax.{name}" for name in DOCUMENTED)])
def test_public_functions_tell_arguments_and_show_an_example(package):
    for name, value in public(importlib.import_module(package)).items():
        if inspect.isfunction(value):
            text = inspect.getdoc(value) or ""
            assert "Example:" in text, name
            assert "Args:" in text or not inspect.signature(value).parameters, name
            assert "Reference:" not in text, name
