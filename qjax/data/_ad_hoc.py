"""Points that a two-layer feature map of two or three qubits separates."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from qjax.circuit import errors
from qjax.data._split import Examples

_POINTS = {2: 100, 3: 20}  # Of the grid, along each feature.


@dataclasses.dataclass(frozen=True)
class AdHoc:
    """Labelled points, and the labels of the grid that they are drawn from.

    Attributes:
        train: Points to learn from, class 0 first.
        test: Points to report on, class 0 first.
        grid: int8 ``[100, 100]`` or ``[20, 20, 20]``: 1 for class 0, -1 for class 1, and 0 within
            the gap; entry i along an axis is the feature ``2 pi i / len(grid)``.
    """

    train: Examples
    test: Examples
    grid: np.ndarray


def ad_hoc(
    train: int = 20,
    test: int = 5,
    *,
    qubits: int = 2,
    gap: float = 0.3,
    seed: int | np.random.Generator = 12345,
) -> AdHoc:
    r"""Draws the "ad hoc" data of Havlicek et al., which a quantum kernel separates by design.

    With :math:`\phi(x) = \sum_i x_i Z_i + \sum_{i<j} (\pi - x_i)(\pi - x_j) Z_i Z_j`, a point x has
    the label of the sign of

    .. math:: m(x) = \langle\Phi(x)| V^\dagger D V |\Phi(x)\rangle, \qquad
              |\Phi(x)\rangle = e^{i\phi(x)} H^{\otimes n} e^{i\phi(x)} H^{\otimes n} |0\rangle

    where V is a random unitary and D the parity of two bits, or the majority of three. Points are
    drawn from a grid on :math:`[0, 2\pi)^n` until each class has its number; those with
    :math:`|m(x)| \le` `gap` are passed over. The fidelity kernel of
    ``zz_feature_map(reps=2)`` is that of :math:`\Phi`.

    The draws are those of ``ad_hoc_data`` of qiskit-machine-learning, whose generator was seeded
    the same: its reference data of seeds 0, 1 and 12345 come out exactly. To draw several sets from
    one stream, as its tutorial does, pass one ``np.random.default_rng(seed)`` to each call.

    Args:
        train: Points of each class to learn from.
        test: Points of each class to report on.
        qubits: 2 or 3, and as many features.
        gap: Least distance of m(x) from 0, in [0, 1).
        seed: Seed, or the generator to draw from.

    Returns:
        An `AdHoc`, with `inputs` float32 ``[2 train, qubits]`` in radians and `labels` 0 and 1.

    Raises:
        ValueError: If a number is out of range, or no point of a class is beyond the gap.

    References:
        Havlicek et al., Nature 567, 209 (2019), arXiv 1804.11326.

    Example:
        >>> from qjax.data import ad_hoc
        >>> data = ad_hoc()
        >>> data.train.inputs.shape, data.test.labels.tolist()
        ((40, 2), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    """
    train, test = errors.positive(train, "train"), test and errors.positive(test, "test")
    if qubits not in _POINTS:
        raise ValueError(f"Argument `qubits` must be 2 or 3, but is {qubits}.")
    if not 0 <= gap < 1:
        raise ValueError(f"Argument `gap` must be at least 0 and below 1, but is {gap}.")
    rng = np.random.default_rng(seed)
    values = _expectations(_observable(rng, qubits), qubits)
    grid = np.where(np.abs(values) > gap, np.sign(values), 0).astype(np.int8)
    points = np.stack([_draw(rng, grid, sign, train + test) for sign in (1, -1)])
    inputs = (points * (2 * np.pi / len(grid))).astype(np.float32)

    def part(which: slice) -> Examples:
        chosen = inputs[:, which]
        labels = np.repeat(np.arange(2, dtype=np.int32), chosen.shape[1])
        return Examples(chosen.reshape(-1, qubits), labels)

    return AdHoc(part(slice(train)), part(slice(train, None)), grid)


def _observable(rng: np.random.Generator, n: int) -> np.ndarray:
    """V^dagger D V, whose V has the eigenvectors of a random positive matrix for columns."""
    real, imaginary = rng.random((2**n, 2**n)), rng.random((2**n, 2**n))
    root = real + 1j * imaginary
    _, vectors = np.linalg.eigh(root.conj().T @ root)
    vectors = vectors[:, ::-1]
    # Their phases matter: LAPACK's general solver, which the reference calls, makes the largest
    # entry of each real and positive.
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(0)[None], 0)
    vectors = vectors * (largest.conj() / np.abs(largest))
    ones = (np.arange(2**n)[:, None] >> np.arange(n) & 1).sum(1)
    signs = np.where(ones % 2 if n == 2 else ones > 1, -1, 1)
    return vectors.conj().T @ (signs[:, None] * vectors)


def _expectations(observable: np.ndarray, n: int) -> np.ndarray:
    """The expectation m(x) at every point of the grid, ``[points] * n``."""
    count = _POINTS[n]
    axis = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x = np.stack(np.meshgrid(*[axis] * n, indexing="ij"), -1).reshape(-1, n)
    bits = np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1
    z = 1.0 - 2 * bits  # Of each basis state, qubit 0 the most significant bit.
    phase = x @ z.T
    for i, j in itertools.combinations(range(n), 2):
        phase = phase + ((np.pi - x[:, i]) * (np.pi - x[:, j]))[:, None] * z[:, i] * z[:, j]
    turn = np.exp(1j * phase)
    hadamard = (-1.0) ** (bits @ bits.T) / 2 ** (n / 2)
    states = turn * ((turn / 2 ** (n / 2)) @ hadamard)
    values = np.einsum("ka,ab,kb->k", states.conj(), observable, states, optimize=True).real
    return values.reshape([count] * n)


def _draw(rng: np.random.Generator, grid: np.ndarray, sign: int, count: int) -> np.ndarray:
    """Indices ``[count, n]`` of points with a sign, with replacement."""
    if not (grid == sign).any():
        raise ValueError(
            "Argument `gap` must leave points of both classes, but none of one class is beyond it "
            "for this seed."
        )
    found: list[np.ndarray] = []
    while len(found) < count:
        # One draw at a time: the stream must be used as the reference uses it.
        index = np.array([rng.choice(len(grid)) for _ in range(grid.ndim)])
        if grid[tuple(index)] == sign:
            found.append(index)
    return np.array(found)
