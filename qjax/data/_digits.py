"""Handwritten digits of scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from qjax.data._split import Examples, Split


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
    if not (0 < valid < 1 and 0 < test < 1 and valid + test < 1):
        raise ValueError(
            "Arguments `valid` and `test` must be fractions in (0, 1) with a sum below 1, "
            f"but are {valid} and {test}."
        )
    images, labels = load_digits(return_X_y=True)
    inputs = (images / 16.0).astype(np.float32).reshape(-1, 8, 8, 1)
    labels = labels.astype(np.int32)
    # The test part is cut first, so that changing `valid` cannot move an example out of it.
    rest_x, test_x, rest_y, test_y = train_test_split(
        inputs, labels, test_size=test, stratify=labels, random_state=seed
    )
    train_x, valid_x, train_y, valid_y = train_test_split(
        rest_x, rest_y, test_size=valid / (1 - test), stratify=rest_y, random_state=seed
    )
    return Split(
        train=Examples(train_x, train_y),
        valid=Examples(valid_x, valid_y),
        test=Examples(test_x, test_y),
    )
