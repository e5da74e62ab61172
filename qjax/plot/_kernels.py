"""Kernel matrices as images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike


def kernel_matrices(
    matrices: Mapping[str, ArrayLike], labels: ArrayLike, *, title: str = ""
) -> Figure:
    r"""Draws kernel matrices side by side, samples of one class beside each other.

    Args:
        matrices: Name of a kernel to its matrix ``[samples, samples]``, with entries in [0, 1].
        labels: Class of each sample, integers ``[samples]``; lines are drawn between classes.
        title: Title of the figure.

    Returns:
        A figure with one image a kernel, all with one scale of colours.

    Raises:
        ValueError: If there is no kernel, or a shape does not match.

    Example:
        >>> import numpy as np
        >>> from qjax.plot import kernel_matrices
        >>> figure = kernel_matrices({"fidelity": np.eye(3)}, [1, 0, 1])
        >>> figure.axes[0].get_title()
        'fidelity'
    """
    classes = np.asarray(labels)
    kernels = {name: np.asarray(matrix) for name, matrix in matrices.items()}
    if not kernels:
        raise ValueError("Argument `matrices` must have at least one kernel, but has none.")
    for name, kernel in kernels.items():
        if classes.ndim != 1 or kernel.shape != (len(classes),) * 2:
            raise ValueError(
                f"Argument `matrices` must have shapes {(len(classes),) * 2}, but {name!r} has "
                f"shape {kernel.shape}."
            )
    order = np.argsort(classes, kind="stable")
    edges = np.flatnonzero(np.diff(classes[order])) + 0.5
    figure = Figure(figsize=(3.2 * len(kernels) + 0.6, 3.4), layout="constrained")
    row = figure.subplots(1, len(kernels), squeeze=False)[0]
    for axes, (name, kernel) in zip(row, kernels.items(), strict=True):
        image = axes.imshow(kernel[np.ix_(order, order)], cmap="viridis", vmin=0, vmax=1)
        for edge in edges:
            axes.axhline(edge, color="white", lw=0.8)
            axes.axvline(edge, color="white", lw=0.8)
        axes.set_title(name, fontsize=10)
        axes.set(xlabel="sample, by class", ylabel="sample, by class")
    figure.colorbar(image, ax=list(row), label="kernel", shrink=0.85)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure
