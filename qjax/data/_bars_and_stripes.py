"""Bars and stripes: the images on which generative models of bits are tried out."""

from __future__ import annotations

import numpy as np


def bars_and_stripes(rows: int, columns: int) -> np.ndarray:
    r"""Returns every image whose rows are all of one colour, or whose columns are.

    There are :math:`2^{\text{rows}} + 2^{\text{columns}} - 2` of them: the empty and the full image
    are both. The target distribution of a generative model gives each the same probability.

    Args:
        rows: Height in pixels.
        columns: Width in pixels.

    Returns:
        Int32 `[images, rows, columns]` of 0 and 1, in the order of the number that the pixels are,
        the first one the most significant bit.

    Raises:
        ValueError: If a size is below 1, or the image has more than 30 pixels.

    References:
        MacKay, Information Theory, Inference and Learning Algorithms (2003), chapter 43.

    Example:
        >>> from qjax.data import bars_and_stripes
        >>> bars_and_stripes(2, 2).reshape(-1, 4).tolist()[:3]
        [[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1]]
        >>> len(bars_and_stripes(3, 3)), len(bars_and_stripes(4, 4))
        (14, 30)
    """
    if min(rows, columns) < 1 or rows * columns > 30:
        raise ValueError(
            "Arguments `rows` and `columns` must be at least 1 and have a product of at most 30, "
            f"but are {rows} and {columns}."
        )
    stripes = np.repeat(_words(rows)[:, :, None], columns, axis=2)
    bars = np.repeat(_words(columns)[:, None, :], rows, axis=1)
    # `unique` sorts rows of pixels as it would words, which is the order of the numbers.
    pixels = np.unique(np.concatenate([stripes, bars]).reshape(-1, rows * columns), axis=0)
    return pixels.reshape(-1, rows, columns)


def _words(n: int) -> np.ndarray:
    """All words of n bits, the first the most significant: ``[2**n, n]``."""
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1).astype(np.int32)
