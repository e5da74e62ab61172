"""Tables that scikit-learn ships: three to classify, one to regress."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets

from qjax.data._split import Split, split_in_three


class Scaler(NamedTuple):
    r"""Shifts and scales each feature: $x \mapsto (x - \mu) / \sigma$.

    Attributes:
        mean: The shifts, float32 `[features]`.
        deviation: The scales, float32 `[features]`; 1 for a feature that does not vary.

    Example:
        >>> import numpy as np
        >>> from qjax.data import Scaler
        >>> x = np.array([[1.0, 5.0], [3.0, 5.0]])
        >>> Scaler.of(x)(x).tolist()
        [[-1.0, 0.0], [1.0, 0.0]]
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, inputs: Any) -> Scaler:
        """Returns the scaler that gives `inputs` `[n, features]` mean 0 and deviation 1."""
        inputs = np.asarray(inputs, np.float64)
        mean, deviation = inputs.mean(0), inputs.std(0)
        # Rounding can leave a constant feature a deviation of its last digit.
        constant = deviation <= 1e-12 * np.abs(mean)
        return cls(mean.astype(np.float32), np.where(constant, 1, deviation).astype(np.float32))

    def __call__(self, inputs: Any) -> np.ndarray:
        """Returns `inputs` `[..., features]` on the new scale, float32."""
        scaled = (np.asarray(inputs, np.float64) - self.mean) / self.deviation
        return scaled.astype(np.float32)

    def split(self, data: Split) -> Split:
        """Returns `data` with the inputs of all three parts on the new scale."""
        parts = (data.train, data.valid, data.test)
        return Split(*(part._replace(inputs=self(part.inputs)) for part in parts))


def breast_cancer(
    *, seed: int = 0, valid: float = 0.2, test: float = 0.2, standardise: bool = False
) -> Split:
    """Returns the 569 biopsies of the Wisconsin diagnostic table, 30 features each.

    Features measure the nuclei of cells in an image: mean, standard error and worst value of ten
    properties such as radius and texture. Labels are 0, malignant (212), and 1, benign (357). From
    the UCI repository (Wolberg, Mangasarian, Street and Street, 1993).

    Args:
        seed: Seed of the split.
        valid: Fraction of all examples kept for validation, in (0, 1).
        test: Fraction of all examples kept for the test, in (0, 1).
        standardise: Whether to scale the features by mean and deviation of the training part.

    Returns:
        A stratified `Split` of `Examples` with `inputs` float32 `[n, 30]` and `labels` int32 `[n]`.

    Raises:
        ValueError: If the fractions leave nothing to train on.

    Example:
        >>> from qjax.data import breast_cancer
        >>> breast_cancer().train.inputs.shape
        (341, 30)
    """
    return _table(datasets.load_breast_cancer, seed, valid, test, standardise)


def wine(
    *, seed: int = 0, valid: float = 0.2, test: float = 0.2, standardise: bool = False
) -> Split:
    """Returns the chemical analyses of 178 wines, 13 features each.

    Labels 0, 1 and 2 are three growers of one region of Italy (59, 71 and 48 wines). From the UCI
    repository (Aeberhard and Forina, 1992).

    Args:
        seed: Seed of the split.
        valid: Fraction of all examples kept for validation, in (0, 1).
        test: Fraction of all examples kept for the test, in (0, 1).
        standardise: Whether to scale the features by mean and deviation of the training part.

    Returns:
        A stratified `Split` of `Examples` with `inputs` float32 `[n, 13]` and `labels` int32 `[n]`.

    Raises:
        ValueError: If the fractions leave nothing to train on.

    Example:
        >>> from qjax.data import wine
        >>> wine().test.inputs.shape
        (36, 13)
    """
    return _table(datasets.load_wine, seed, valid, test, standardise)


def iris(
    *, seed: int = 0, valid: float = 0.2, test: float = 0.2, standardise: bool = False
) -> Split:
    """Returns the 150 irises of Fisher's table, 4 lengths in cm each.

    Labels are 0, setosa; 1, versicolor; 2, virginica: 50 flowers each. From the UCI repository
    (Fisher, 1936).

    Args:
        seed: Seed of the split.
        valid: Fraction of all examples kept for validation, in (0, 1).
        test: Fraction of all examples kept for the test, in (0, 1).
        standardise: Whether to scale the features by mean and deviation of the training part.

    Returns:
        A stratified `Split` of `Examples` with `inputs` float32 `[n, 4]` and `labels` int32 `[n]`.

    Raises:
        ValueError: If the fractions leave nothing to train on.

    Example:
        >>> from qjax.data import iris
        >>> iris(standardise=True).train.inputs.mean(0).round(3).tolist()
        [0.0, 0.0, 0.0, 0.0]
    """
    return _table(datasets.load_iris, seed, valid, test, standardise)


def diabetes(
    *, seed: int = 0, valid: float = 0.2, test: float = 0.2, standardise: bool = False
) -> Split:
    """Returns the table of 442 diabetes patients, 10 features each: a regression.

    Features are age, sex, body mass index, blood pressure and six blood serum measurements, as they
    were measured. Targets are the progression of the disease one year later, 25 to 346, on a scale
    of its own. From Efron, Hastie, Johnstone and Tibshirani, "Least angle regression", 2004.

    Args:
        seed: Seed of the split.
        valid: Fraction of all examples kept for validation, in (0, 1).
        test: Fraction of all examples kept for the test, in (0, 1).
        standardise: Whether to scale the features, not the targets, by mean and deviation of the
            training part.

    Returns:
        A `Split` of `Examples` with `inputs` float32 `[n, 10]` and targets as `labels`, float32
        `[n]`.

    Raises:
        ValueError: If the fractions leave nothing to train on.

    Example:
        >>> from qjax.data import diabetes
        >>> diabetes().train.labels.dtype
        dtype('float32')
    """
    return _table(
        functools.partial(datasets.load_diabetes, scaled=False), seed, valid, test, standardise
    )


def _table(
    load: Callable[..., Any], seed: int, valid: float, test: float, standardise: bool
) -> Split:
    inputs, labels = load(return_X_y=True)
    classes = np.issubdtype(labels.dtype, np.integer)
    data = split_in_three(
        inputs.astype(np.float32),
        labels.astype(np.int32 if classes else np.float32),
        seed=seed,
        valid=valid,
        test=test,
        stratified=classes,
    )
    return Scaler.of(data.train.inputs).split(data) if standardise else data
