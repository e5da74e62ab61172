"""Handwritten digits of scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from qjax.data._split import Split, split_in_three


def digits(*, seed: int = 0, valid: float = 0.2, test: float = 0.2) -> Split:
    """Returns the 1,797 handwritten digits that scikit-learn ships, in three stratified parts.

    The images have 8 x 8 pixels of 17 grey levels; `inputs = level / 16` lies in [0, 1]. The
    data come from the UCI repository (Alpaydin and Kaynak, 1998). Each part keeps the classes
    in their proportions, and the same seed gives the same parts.

    Args:
        seed: Seed of the split.
        valid: Fraction of all examples kept for validation, in (0, 1).
        test: Fraction of all examples kept for the test, in (0, 1).

    Returns:
        A `Split` of `Examples` with `inputs` float32 `[n, 8, 8, 1]` and `labels` int32 `[n]`;
        n is 1077, 360 and 360 at the default fractions.

    Raises:
        ValueError: If the fractions leave nothing to train on.

    Example:
        >>> from qjax.data import digits
        >>> digits().train.inputs.shape
        (1077, 8, 8, 1)
    """
    images, labels = load_digits(return_X_y=True)
    inputs = (images / 16.0).astype(np.float32).reshape(-1, 8, 8, 1)
    labels = labels.astype(np.int32)
    return split_in_three(inputs, labels, seed=seed, valid=valid, test=test)
