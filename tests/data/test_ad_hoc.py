"""The ad hoc points against published reference data, and against a separate computation."""

import numpy as np
import pytest
import scipy.linalg

from qjax.data import ad_hoc

# In steps of the grid, 2 pi / 100: the first two training points of each class, the first and the
# last test point, from `test/datasets/ad_hoc_ref.json` of qiskit-machine-learning.
REFERENCE = {
    0: [[87, 13], [57, 72], [89, 91], [57, 56], [47, 38], [36, 78]],
    1: [[36, 61], [71, 52], [6, 42], [47, 66], [36, 63], [14, 56]],
    12345: [[33, 93], [64, 72], [25, 0], [87, 97], [42, 61], [79, 3]],
}


@pytest.mark.parametrize("seed", REFERENCE)
def test_points_are_those_of_the_reference(seed):
    data = ad_hoc(20, 5, gap=0.3, seed=seed)
    points = np.concatenate([data.train.inputs[[0, 1, 20, 21]], data.test.inputs[[0, -1]]])
    np.testing.assert_allclose(points * 100 / (2 * np.pi), REFERENCE[seed], atol=1e-4)


def paulis(n):
    z, one = np.diag([1.0, -1.0]), np.eye(2)

    def at(*qubits):
        out = np.eye(1)
        for q in range(n):
            out = np.kron(out, z if q in qubits else one)
        return out

    return at


@pytest.mark.parametrize("n", [2, 3])
def test_labels_follow_the_definition(n):
    data = ad_hoc(4, 2, qubits=n, gap=0.2, seed=7)
    rng = np.random.default_rng(7)
    root = rng.random((2**n, 2**n)) + 1j * rng.random((2**n, 2**n))
    # Not by the solver that the library uses: these phases are what it has to reproduce.
    values, v = np.linalg.eig(root.conj().T @ root)
    v = v[:, values.real.argsort()[::-1]]
    z = paulis(n)
    parity = z(*range(n)) if n == 2 else (z(0) + z(1) + z(2) - z(0, 1, 2)) / 2
    observable = v.conj().T @ parity @ v
    h = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    hadamard = h
    for _ in range(n - 1):
        hadamard = np.kron(hadamard, h)
    for part in (data.train, data.test):
        for x, label in zip(part.inputs.astype(float), part.labels, strict=True):
            phase = sum(x[i] * z(i) for i in range(n))
            for i in range(n):
                for j in range(i):
                    phase = phase + (np.pi - x[i]) * (np.pi - x[j]) * z(i, j)
            u = scipy.linalg.expm(1j * phase)
            state = (u @ hadamard @ u @ hadamard)[:, 0]
            value = (state.conj() @ observable @ state).real
            assert (value > 0.2) if label == 0 else (value < -0.2)


def test_one_stream_gives_set_after_set():
    stream = np.random.default_rng(3)
    first, second = ad_hoc(2, 1, seed=stream), ad_hoc(2, 1, seed=stream)
    np.testing.assert_array_equal(first.train.inputs, ad_hoc(2, 1, seed=3).train.inputs)
    assert not np.array_equal(first.grid, second.grid)


def test_shapes_without_a_test_part():
    data = ad_hoc(3, 0)
    assert data.train.inputs.shape == (6, 2) and data.test.inputs.shape == (0, 2)
    assert data.train.inputs.dtype == np.float32 and data.train.labels.tolist() == [
        0,
        0,
        0,
        1,
        1,
        1,
    ]


@pytest.mark.parametrize(
    "arguments, match",
    [
        ({"qubits": 4}, "`qubits` must be 2 or 3"),
        ({"gap": 1.0}, "`gap` must be at least 0 and below 1"),
        ({"gap": 0.999}, "`gap` must leave points of both classes"),
        ({"train": 0}, "`train` must be at least 1"),
        ({"test": -1}, "`test` must be at least 1"),
    ],
)
def test_bad_arguments(arguments, match):
    with pytest.raises(ValueError, match=match):
        ad_hoc(**arguments)
