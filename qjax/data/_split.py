"""What a data set is: examples, and their split into three parts."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np


class Examples(NamedTuple):
    """Inputs and labels of the same length; a pytree, so it can go into `jit` as it is.

    Attributes:
        inputs: Array `[n, ...]`.
        labels: Integer array `[n]`, from 0 to the number of classes - 1.
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
