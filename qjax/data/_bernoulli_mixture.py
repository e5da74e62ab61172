"""A mixture of noisy copies of a few bit strings."""

from __future__ import annotations

import numpy as np


def bernoulli_mixture(
    n: int, *, modes: int = 8, alignment: float = 0.9, seed: int = 0
) -> np.ndarray:
    r"""Returns a distribution over n bits that is bunched around randomly chosen strings.

    Around each of M centres every bit is right with probability p, independently:

    .. math:: P(v) = \frac1M \sum_{k=1}^M p^{\,n - d_k(v)} (1 - p)^{d_k(v)}

    where :math:`d_k(v)` is the Hamming distance of v from centre k.

    Args:
        n: Number of bits, at most 20.
        modes: Number M of centres, drawn without replacement.
        alignment: Probability p, in (0, 1).
        seed: Seed of the centres.

    Returns:
        Float64 `[2**n]`, the first bit the most significant of the index.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Amin et al., Phys. Rev. X 8, 021050 (2018), arXiv 1601.02036.

    Example:
        >>> from qjax.data import bernoulli_mixture
        >>> target = bernoulli_mixture(4, modes=1, alignment=0.75)
        >>> target.shape, f"{target.sum():.3f}", f"{target.max():.3f}"
        ((16,), '1.000', '0.316')
    """
    if not 1 <= n <= 20:
        raise ValueError(f"Argument `n` must be between 1 and 20, but is {n}.")
    if not 1 <= modes <= 2**n:
        raise ValueError(f"Argument `modes` must be between 1 and {2**n}, but is {modes}.")
    if not 0 < alignment < 1:
        raise ValueError(f"Argument `alignment` must be in (0, 1), but is {alignment}.")
    centres = np.random.default_rng(seed).choice(2**n, modes, replace=False)
    distance = np.bitwise_count(np.arange(2**n)[:, None] ^ centres)
    return (alignment ** (n - distance) * (1 - alignment) ** distance).mean(1)
