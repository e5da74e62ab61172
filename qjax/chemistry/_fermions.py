"""Products of ladder operators as sums of Pauli strings, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qjax.chemistry._encoding import Encoding
from qjax.circuit import PauliSum, Word

# Coefficients of strings that are this small are rounding.
_NOTHING = 1e-12


class Strings(NamedTuple):
    """A sum of c X^x Z^z, X acting last.

    Attributes:
        x: Masks of flips, ``[terms]``.
        z: Masks of signs, ``[terms]``.
        c: Coefficients, ``[terms]``.
    """

    x: np.ndarray
    z: np.ndarray
    c: np.ndarray


def ladders(
    encoding: Encoding, coefficients: np.ndarray, modes: np.ndarray, creates: Sequence[bool]
) -> Strings:
    r"""Sum of products of ladder operators, the last one acting first.

    .. math:: a_j = X^{f_j} Z^{p_j} \, \tfrac12 (1 - Z^{r_j}), \qquad
              a_j^\dagger = X^{f_j} Z^{p_j} \, \tfrac12 (1 + Z^{r_j})

    with the masks f, p, r of the encoding: what mode j flips, the parity before it, its occupation.

    Args:
        encoding: The encoding.
        coefficients: One a product, ``[products]``.
        modes: Modes of each product, ``[products, length]``.
        creates: For each place, whether the operator creates.
    """
    flips, parities, reads = (
        np.array(masks, np.int64) for masks in (encoding.flips, encoding.parities, encoding.reads)
    )
    x = np.zeros((len(modes), 1), np.int64)
    z = np.zeros_like(x)
    c = np.asarray(coefficients)[:, None]
    for place, creating in enumerate(creates):
        mode = modes[:, place]
        flip, parity = flips[mode][:, None], parities[mode][:, None]
        c = c * _sign(z & flip) / 2  # Z^z passes X^flip.
        x, z = x ^ flip, z ^ parity
        z = np.concatenate([z, z ^ reads[mode][:, None]], 1)
        c = np.concatenate([c, c if creating else -c], 1)
    return Strings(np.broadcast_to(x, z.shape).reshape(-1), z.reshape(-1), c.reshape(-1))


def added(n_qubits: int, *parts: Strings) -> PauliSum:
    """The sum of all parts as an observable, strings in order of their masks."""
    x, z, c = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    keys, places = np.unique(x << n_qubits | z, return_inverse=True)
    x, z = keys >> n_qubits, keys & ((1 << n_qubits) - 1)
    total = np.zeros(len(keys), complex)
    np.add.at(total, places, c)
    # A word is i**|x & z| X^x Z^z.
    total *= np.array([1, -1j, -1, 1j])[np.bitwise_count(x & z) % 4]
    kept = np.flatnonzero(np.abs(total) > _NOTHING)
    kept = kept if len(kept) else np.zeros(1, int)
    words = tuple(Word(int(a), int(b)) for a, b in zip(x[kept], z[kept], strict=True))
    values = total[kept].real if np.all(np.abs(total.imag) <= _NOTHING) else total[kept]
    return PauliSum(((words, tuple(values.tolist())),))


def identity(constant: float) -> Strings:
    """A multiple of the identity."""
    return Strings(np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([constant]))


def applied(
    occupations: np.ndarray, ladder: Sequence[tuple[int, bool]]
) -> tuple[np.ndarray, np.ndarray]:
    """Ladder operators on determinants, the last one first: the image, and its sign or 0."""
    image, sign = occupations.copy(), np.ones(len(occupations), np.int8)
    for mode, creates in reversed(ladder):
        before = np.bitwise_count(image & ((1 << mode) - 1)).astype(np.int8) & 1
        sign *= (1 - 2 * before) * ((image >> mode & 1) != creates)
        image ^= 1 << mode
    return image, sign


def _sign(masks: np.ndarray) -> np.ndarray:
    return 1 - 2 * (np.bitwise_count(masks).astype(np.int64) & 1)
