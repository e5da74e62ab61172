"""Kernel matrices against states of the NumPy oracle, in blocks, on disk and in derivatives."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from rich.console import Console

import qjax
from qjax.estimators import (
    fidelity_gram,
    fidelity_kernel,
    kernel_alignment,
    projected_features,
    projected_gram,
    projected_kernel,
)
from tests import oracle

X = np.random.default_rng(0).uniform(-2, 2, (11, 3))
Y = np.random.default_rng(1).uniform(-2, 2, (5, 3))
PAULIS = (np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]))


def embed(x):
    return qjax.Circuit(3).ry(x, range(3)).cx([0, 1], [1, 2]).rx(x[0] * x[1], 2).rz(x, range(3))


def program(x):
    """The same circuit for the oracle."""
    turns = [[(name, (x[q],), (q,)) for q in range(3)] for name in ("ry", "rz")]
    between = [("cx", (), (0, 1)), ("cx", (), (1, 2)), ("rx", (x[0] * x[1],), (2,))]
    return turns[0] + between + turns[1]


def states(x):
    return np.array([oracle.statevector(3, program(row)) for row in x])


def reduced(state):
    tensor = state.reshape(2, 2, 2)
    moved = [np.moveaxis(tensor, q, 0).reshape(2, 4) for q in range(3)]
    return np.array([m @ m.conj().T for m in moved])


def expected_fidelity(x, y):
    return np.abs(states(x).conj() @ states(y).T) ** 2


def expected_projected(x, y, gamma):
    a, b = (np.array([reduced(s) for s in states(part)]) for part in (x, y))
    apart = np.abs(a[:, None] - b[None]) ** 2
    return np.exp(-gamma * apart.sum((2, 3, 4)))


@pytest.mark.parametrize("block", [None, 4])
def test_fidelities(block):
    options = {"block": block}
    np.testing.assert_allclose(
        fidelity_kernel(embed, X, Y, **options), expected_fidelity(X, Y), atol=1e-5
    )
    symmetric = fidelity_kernel(embed, X, **options)
    np.testing.assert_allclose(symmetric, expected_fidelity(X, X), atol=1e-5)
    np.testing.assert_array_equal(symmetric, symmetric.T)
    assert symmetric.dtype == np.float32


@pytest.mark.parametrize("block", [None, 4])
def test_projected(block):
    options = {"gamma": 0.7, "block": block}
    np.testing.assert_allclose(
        projected_kernel(embed, X, Y, **options), expected_projected(X, Y, 0.7), atol=1e-5
    )
    np.testing.assert_allclose(
        projected_kernel(embed, X, **options), expected_projected(X, X, 0.7), atol=1e-5
    )


def test_features():
    values = projected_features(embed, X, block=4).reshape(11, 3, 3)
    expected = [[[np.trace(r @ p).real for p in PAULIS] for r in reduced(s)] for s in states(X)]
    np.testing.assert_allclose(values, expected, atol=1e-5)


def test_little_memory_gives_the_same_and_holds_few_states(monkeypatch):
    """Rows that do not fit are made again, one block at a time."""
    made = []
    from qjax.estimators import _gram

    planes = _gram._planes

    def counted(embed, x, engine):
        made.append(len(x))
        return planes(embed, x, engine=engine)

    monkeypatch.setattr(_gram, "_planes", counted)
    row = 2 * 8 * 4  # Bytes.
    plenty = fidelity_kernel(embed, X, block=2)
    assert made[1:] == [2] * 6  # Each block once; before them the shape is asked for.
    made.clear()
    # Room for one block, for making another and for their product, and for one block more.
    scarce = fidelity_kernel(embed, X, block=2, memory=row * 2 * 6 + 64)
    assert len(made) - 1 == 6 + 4 + 2
    np.testing.assert_array_equal(plenty, scarce)
    with pytest.raises(ValueError, match="`memory` must be at least"):
        fidelity_kernel(embed, X, memory=100)


def test_writes_to_a_file(tmp_path):
    out = np.memmap(tmp_path / "kernel", np.float32, "w+", shape=(11, 11))
    assert fidelity_kernel(embed, X, block=4, out=out) is out
    np.testing.assert_allclose(out, expected_fidelity(X, X), atol=1e-5)
    for wrong, match in ((np.zeros((2, 2)), "shape"), (np.zeros((11, 11), int), "floats")):
        with pytest.raises((TypeError, ValueError), match=match):
            fidelity_kernel(embed, X, out=wrong)


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_for_terminals(terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    fidelity_kernel(embed, X, block=4, progress=console)
    shown = console.file.getvalue()
    assert ("6/6" in shown) if terminal else not shown


def test_blocks_share_one_program(compilations):
    fidelity_kernel(embed, X, block=4)
    compilations.clear()
    fidelity_kernel(embed, np.concatenate([X, Y, X]), block=4)
    assert not compilations


def test_weights_are_data(compilations):
    """New weights of a `Partial` compile nothing, and count."""

    def build(w, x):
        return qjax.Circuit(1).ry(w * x, [0])

    x = np.array([[0.0], [1.0]])
    first = fidelity_kernel(Partial(build, np.float32(1.0)), x)
    compilations.clear()
    second = fidelity_kernel(Partial(build, np.float32(2.0)), x)
    assert not compilations
    np.testing.assert_allclose([first[0, 1], second[0, 1]], np.cos([0.5, 1.0]) ** 2, atol=1e-6)


def test_grams_and_their_derivatives():
    x, y = jnp.asarray(X, jnp.float32), jnp.asarray(Y, jnp.float32)
    np.testing.assert_allclose(fidelity_gram(embed, x, y), expected_fidelity(X, Y), atol=1e-5)
    np.testing.assert_allclose(
        projected_gram(embed, x, gamma=0.7), expected_projected(X, X, 0.7), atol=1e-5
    )
    labels = jnp.arange(11) % 2

    @jax.jit
    def alignment(w):
        return kernel_alignment(fidelity_gram(lambda x: embed(w * x), x), labels)

    step = 1e-2
    slope = (alignment(1 + step) - alignment(1 - step)) / (2 * step)
    np.testing.assert_allclose(jax.grad(alignment)(1.0), slope, rtol=2e-2)


def test_alignment_against_numpy():
    kernel, labels = expected_fidelity(X, X), np.arange(11) % 3
    h = np.eye(11) - 1 / 11
    a, b = (h @ m @ h for m in (kernel, (labels[:, None] == labels).astype(float)))
    expected = (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b)
    kernel = jnp.asarray(kernel, jnp.float32)
    np.testing.assert_allclose(kernel_alignment(kernel, labels), expected, rtol=1e-5)
    # Samples of weight 0 might as well not be there.
    weights = (np.arange(11) < 8).astype(np.float32)
    some = kernel_alignment(kernel, labels, weights=weights)
    np.testing.assert_allclose(some, kernel_alignment(kernel[:8, :8], labels[:8]), rtol=1e-5)


@pytest.mark.parametrize(
    "x, y, match",
    [
        ([[0.0, np.nan]], None, "`x` must be finite, but row 0"),
        ([0.0, 1.0], None, "`x` must have shape"),
        (np.zeros((0, 2)), None, "`x` must have shape"),
        (X, X[:, :2], "`y` must have the features of `x`, 3, but has 2"),
        ([["a"]], None, "`x` must be real numbers"),
        ([[1j]], None, "`x` must be real numbers"),
    ],
)
def test_bad_samples(x, y, match):
    for kernel in (fidelity_kernel, projected_kernel):
        with pytest.raises((TypeError, ValueError), match=match):
            kernel(embed, x, y)


def test_bad_arguments():
    with pytest.raises(TypeError, match="`embed` must be a function"):
        fidelity_kernel(3, X)
    with pytest.raises(TypeError, match="must be a `qjax.Circuit`"):
        fidelity_kernel(lambda x: x, X)
    with pytest.raises(ValueError, match="`gamma` must be above 0"):
        projected_kernel(embed, X, gamma=0.0)
    with pytest.raises(ValueError, match=r"`kernel` must have shape \(m, m\)"):
        kernel_alignment(np.zeros((2, 3)), [0, 1])


def test_a_symmetric_matrix_whose_blocks_have_to_shrink():
    x = np.random.default_rng(0).uniform(size=(300, 4))

    def embed(sample):
        return qjax.Circuit(4).ry(sample, range(4))

    whole = fidelity_kernel(embed, x)
    np.testing.assert_allclose(fidelity_kernel(embed, x, memory=10**6), whole, atol=1e-6)
    with pytest.raises(ValueError, match="Argument `block` must be at least 1, but is 0"):
        fidelity_kernel(embed, x, block=0)
