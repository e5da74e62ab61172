"""Kernels of the study of Bowles, Ahmed and Schuld against the simulator of the tests."""

import itertools

import jax
import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

import qjax
from qjax.data import hidden_manifold
from qjax.estimators import (
    IQPKernelClassifier,
    ProjectedQuantumKernel,
    SeparableKernelClassifier,
)
from tests import oracle

ENGINE = qjax.Statevector(dtype="complex128")
TRAIN, TEST = slice(None, 20), slice(20, None)


@pytest.fixture(scope="module")
def data():
    """Features, labels -1 and 1, and the features as angles."""
    x, y = hidden_manifold(3, samples=28, seed=7)
    angles = MinMaxScaler((-np.pi / 2, np.pi / 2)).fit(x[TRAIN]).transform(x)
    return x, 2 * y - 1, angles


def states(ops, angles):
    return np.stack([oracle.statevector(len(ops(x)[1]), ops(x)[0]) for x in angles])


def iqp(repeats, every):
    def ops(x):
        program = []
        for k in range(repeats):
            program += [("h", (), (q,)) for q in range(3)]
            program += [("rz", (x[q],), (q,)) for q in range(3)]
            if every or k == 0:
                pairs = itertools.combinations(range(3), 2)
                program += [("rzz", (x[a] * x[b],), (a, b)) for a, b in pairs]
        return program, x

    return ops


def separable(layers):
    def ops(x):
        one = [[("rx", (np.pi / 4,), (q,)), ("ry", (x[q],), (q,))] for q in range(3)]
        return layers * sum(one, []), x

    return ops


def margins(kernel, labels, C):
    """Distances of a machine over the matrix of training and other samples, stacked."""
    machine = SVC(kernel="precomputed", C=C).fit(kernel[TRAIN], labels[TRAIN])
    return machine.decision_function(kernel[TEST])


@pytest.mark.parametrize(
    ("model", "ops"),
    [
        (IQPKernelClassifier(2, C=10.0, engine=ENGINE), iqp(2, True)),
        (IQPKernelClassifier(3, C=10.0, entangle_every_repeat=False, engine=ENGINE), iqp(3, False)),
        (SeparableKernelClassifier(2, C=10.0, engine=ENGINE), separable(2)),
    ],
    ids=["iqp", "iqp of old", "separable"],
)
def test_fidelity_kernels(data, model, ops):
    x, y, angles = data
    psi = states(ops, angles)
    kernel = np.abs(psi @ psi[TRAIN].conj().T) ** 2
    with jax.enable_x64(True):
        model = model.fit(x[TRAIN], y[TRAIN])
        ours = model.decision_function(x[TEST])
    np.testing.assert_allclose(ours, margins(kernel, y, 10.0), rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(model.classes_, [-1, 1])


def test_the_projected_kernel_and_whose_variance_it_divides_by(data):
    x, y, angles = data
    t, steps = 0.2, 2
    with jax.enable_x64(True):
        model = ProjectedQuantumKernel(
            3.0, C=10.0, t=t, trotter_steps=steps, random_state=1, engine=ENGINE
        ).fit(x[TRAIN], y[TRAIN])
        ours = model.decision_function(x[TEST])
        of_rows = model.set_params(gamma_of="rows").decision_function(x[TEST])
    rng = np.random.default_rng(1)
    rng.integers(100000)
    euler = rng.uniform(size=(4, 3)) * 2 * np.pi
    np.testing.assert_array_equal(model.rotation_angles_, euler)

    def features(x):
        program = [
            (name, (euler[q, k],), (q,))
            for q in range(4)
            for k, name in enumerate(("rz", "ry", "rz"))
        ]
        for _, j, name in itertools.product(range(steps), range(3), ("rxx", "ryy", "rzz")):
            program.append((name, (x[j] * t / steps * 3,), (j, j + 1)))
        return [oracle.expectation(4, program, [(1, {q: P})]) for q in range(4) for P in "XYZ"]

    values = np.array([features(x) for x in angles])
    squares = ((values[:, None] - values[TRAIN]) ** 2).sum(-1)
    expected = []
    for rows in (TRAIN, TEST):
        widths = np.full(len(values), 3.0 / values[TRAIN].var() / 3)
        widths[TEST] = 3.0 / values[rows].var() / 3
        expected.append(margins(np.exp(-widths[:, None] * squares), y, 10.0))
    np.testing.assert_allclose(ours, expected[0], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(of_rows, expected[1], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (IQPKernelClassifier(0), "Argument `repeats` must be at least 1"),
        (SeparableKernelClassifier(C=-1.0), "Argument `C` must be above 0"),
        (ProjectedQuantumKernel(gamma_of="test"), "Argument `gamma_of` must be one of"),
    ],
)
def test_wrong_parameters(data, model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(data[0], data[1])
