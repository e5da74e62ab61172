"""Receiver operating characteristics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from qjax.plot._curves import COLOURS


def roc(labels: ArrayLike, scores: Mapping[str, ArrayLike], *, title: str = "") -> Figure:
    r"""Draws receiver operating characteristics: what is found against what is a false alarm.

    At a threshold t, over the positive examples P and the negative ones N,

    $$\mathrm{TPR}(t) = \frac{|\{b \in P : s_b \ge t\}|}{|P|}, \qquad
      \mathrm{FPR}(t) = \frac{|\{b \in N : s_b \ge t\}|}{|N|}$$

    The area under the curve is the chance that a positive example scores higher than a negative.

    Args:
        labels: 0 for negative, 1 for positive, `[examples]`; some of either.
        scores: Name of a detector to its scores `[examples]`, higher where more likely positive;
            at most six.
        title: Title of the figure.

    Returns:
        A figure with a curve a detector, its area in the legend, and chance as a dotted line.

    Raises:
        ValueError: If there are no detectors or too many, if `labels` are not zeros and ones with
            some of either, if a shape does not match, or if a score is not finite.

    Example:
        >>> from qjax.plot import roc
        >>> figure = roc([0, 0, 1, 1], {"a detector": [0.1, 0.4, 0.35, 0.8]})
        >>> figure.axes[0].get_legend().get_texts()[0].get_text()
        'a detector: 0.750'
    """
    from sklearn.metrics import auc, roc_curve

    truth = np.asarray(labels)
    if truth.ndim != 1 or set(np.unique(truth)) != {0, 1}:
        raise ValueError("Argument `labels` must be a list of zeros and ones, some of either.")
    if not 1 <= len(scores) <= len(COLOURS):
        raise ValueError(
            f"Argument `scores` must have 1 to {len(COLOURS)} detectors, but has {len(scores)}."
        )
    figure = Figure(figsize=(4.8, 4.4), layout="constrained")
    axes = figure.subplots()
    for colour, (name, values) in zip(COLOURS, scores.items(), strict=False):
        values = np.asarray(values)
        if values.shape != truth.shape or not np.isfinite(values).all():
            raise ValueError(
                f"Argument `scores` must have finite values of the shape of `labels`, "
                f"{truth.shape}, but those of {name!r} have shape {values.shape} or are not finite."
            )
        false, true, _ = roc_curve(truth, values)
        axes.plot(false, true, color=colour, lw=1.8, label=f"{name}: {auc(false, true):.3f}")
    axes.plot([0, 1], [0, 1], color="0.6", lw=1, ls=":")
    axes.set(
        xlim=(-0.01, 1.01),
        ylim=(-0.01, 1.01),
        xlabel="false positive rate",
        ylabel="true positive rate",
        aspect="equal",
    )
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(title="area under the curve", frameon=False, fontsize=9, loc="lower right")
    if title:
        figure.suptitle(title, fontsize=12)
    return figure
