"""Clusters beside classes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from qjax.data import Examples


def clusters(examples: Examples, found: Mapping[str, np.ndarray], names: tuple[str, str]) -> Figure:
    """Draws the first two features of all samples: their classes, then what each method finds.

    A cluster has the colour of the class that it matches best.
    """
    panels = {"classes": examples.labels, **found}
    columns = -(-len(panels) // 2)
    figure = Figure(figsize=(2.7 * columns, 5.6), layout="constrained")
    for axes, (name, labels) in zip(figure.subplots(2, columns).flat, panels.items(), strict=False):
        score = normalized_mutual_info_score(examples.labels, labels)
        labels = _matched(examples.labels, labels)
        for k in np.unique(labels):
            axes.scatter(*examples.inputs[labels == k, :2].T, s=16, color=f"C{k}")
        title = name.replace("_", " ")
        title += "" if name == "classes" else f": NMI {score:.3f}"
        axes.set_title(title, fontsize=9)
        axes.set(xlabel=names[0], ylabel=names[1])
    for axes in figure.axes[len(panels) :]:
        axes.set_visible(False)
    return figure


def _matched(truth: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The clusters, numbered like the classes that they share most samples with."""
    rows, columns = linear_sum_assignment(contingency_matrix(truth, labels), maximize=True)
    numbers = np.zeros(len(rows), int)
    numbers[columns] = rows
    return numbers[labels]
