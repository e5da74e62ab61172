"""The two data sets in one form: samples, and how a user's rows become samples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.decomposition import PCA

from qjax import data
from qjax.data import Examples

from .config import Config


class Task(NamedTuple):
    """What the machines learn and are tested on.

    Attributes:
        train: Samples to learn from, and to choose by in folds.
        test: Samples to report on.
        mean: Subtracted from a user's rows, ``[inputs]``.
        matrix: Then multiplied by, ``[inputs, features]``.
    """

    train: Examples
    test: Examples
    mean: np.ndarray
    matrix: np.ndarray


def load(config: Config) -> Task:
    """Returns the data of a run."""
    if config.dataset == "ad_hoc":
        drawn = data.ad_hoc(seed=config.draw)
        return Task(drawn.train, drawn.test, np.zeros(2), np.eye(2))
    split = data.breast_cancer()
    known = Examples(*(np.concatenate(pair) for pair in zip(split.train, split.valid, strict=True)))
    scaler = data.Scaler.of(known.inputs)
    pca = PCA(config.components, whiten=True).fit(scaler(known.inputs))
    matrix = (pca.components_ / np.sqrt(pca.explained_variance_)[:, None]).T
    matrix = matrix / scaler.deviation[:, None]

    def samples(part: Examples) -> Examples:
        return part._replace(inputs=prepare(scaler.mean, matrix, part.inputs))

    return Task(samples(known), samples(split.test), scaler.mean, matrix)


def prepare(mean: np.ndarray, matrix: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Takes a user's rows ``[n, inputs]`` to samples ``[n, features]``."""
    return ((np.asarray(rows, np.float64) - mean) @ matrix).astype(np.float32)


def ad_hoc_grid(config: Config) -> Examples:
    """Returns all points of the grid that ad hoc points are drawn from, but those in the gap."""
    grid = data.ad_hoc(seed=config.draw).grid
    index = np.argwhere(grid)
    points = (index * (2 * np.pi / len(grid))).astype(np.float32)
    return Examples(points, (grid[tuple(index.T)] < 0).astype(np.int32))
