"""What a data set is: examples, and their split into three parts."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split


class Examples(NamedTuple):
    """Inputs and labels of the same length; a pytree, so it can go into `jit` as it is.

    Attributes:
        inputs: Array `[n, ...]`.
        labels: Integer array `[n]`, from 0 to the number of classes - 1; or the targets of a
            regression, floats `[n]`.
    """

    inputs: np.ndarray
    labels: np.ndarray


@dataclasses.dataclass(frozen=True)
class Split:
    """Examples to learn from, to choose by, and to report on once.

    Attributes:
        train: What the gradient sees.
        valid: What recipes and checkpoints are chosen by.
        test: What is reported. Choosing anything by it makes the report worthless.

    Example:
        >>> import numpy as np
        >>> from qjax.data import Examples, Split
        >>> part = Examples(np.zeros((6, 2), np.float32), np.zeros(6, np.int32))
        >>> Split(train=part, valid=part, test=part).train.inputs.shape
        (6, 2)
    """

    train: Examples
    valid: Examples
    test: Examples


def split_in_three(
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int,
    valid: float,
    test: float,
    stratified: bool = True,
) -> Split:
    """Returns all examples in three parts, drawn by `seed`.

    Args:
        inputs: Array `[n, ...]`.
        labels: Array `[n]`.
        seed: Seed of the split.
        valid: Fraction of all examples kept for validation, in (0, 1).
        test: Fraction of all examples kept for the test, in (0, 1).
        stratified: Whether each part keeps the classes in their proportions.

    Raises:
        ValueError: If the fractions leave nothing to train on.
    """
    if not (0 < valid < 1 and 0 < test < 1 and valid + test < 1):
        raise ValueError(
            "Arguments `valid` and `test` must be fractions in (0, 1) with a sum below 1, "
            f"but are {valid} and {test}."
        )

    def cut(inputs: np.ndarray, labels: np.ndarray, share: float) -> tuple[Examples, Examples]:
        x, x_off, y, y_off = train_test_split(
            inputs,
            labels,
            test_size=share,
            stratify=labels if stratified else None,
            random_state=seed,
        )
        return Examples(x, y), Examples(x_off, y_off)

    # The test part is cut first, so that changing `valid` cannot move an example out of it.
    rest, test_part = cut(inputs, labels, test)
    train_part, valid_part = cut(*rest, valid / (1 - test))
    return Split(train=train_part, valid=valid_part, test=test_part)
