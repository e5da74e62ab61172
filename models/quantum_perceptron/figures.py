"""Figures of a run: the pattern that was learned, what a neuron does, what the network does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart by colour-blind readers, and in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73")


def pattern(target: np.ndarray, first: np.ndarray, last: np.ndarray, course: np.ndarray) -> Figure:
    """Draws the target, the weights before and after, and fidelity `[realisations, steps]`."""
    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    places = figure.subplot_mosaic("abcdd", width_ratios=[1, 1, 1, 1, 1])
    images = {"target": target, "first weights": first, "learned weights": last}
    for place, (title, image) in zip("abc", images.items(), strict=True):
        # An image and its negative are one state: the nearer of the two is drawn.
        image = image if image @ target >= 0 else -image
        # The sign -1 is the digit 1, a white pixel.
        places[place].imshow(-image.reshape(4, 4), cmap="gray", vmin=-1, vmax=1)
        places[place].set(title=title, xlabel="column", xticks=range(4), yticks=range(4))
    places["a"].set_ylabel("row")
    axes, steps = places["d"], np.arange(course.shape[1])
    low, high = np.quantile(course, [0.1, 0.9], axis=0)
    axes.fill_between(steps, low, high, color=COLOURS[0], alpha=0.2, lw=0, label="10% to 90%")
    axes.plot(steps, course.mean(0), color=COLOURS[0], label="mean of the realisations")
    axes.set(xlabel="images seen", ylabel="fidelity with the target", ylim=(0, 1.03))
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, loc="lower right")
    return figure


def neuron(
    orders: Sequence[int], angles: np.ndarray, fires: np.ndarray, success: np.ndarray
) -> Figure:
    """Draws what circuits give, `[orders, angles]`, and for firing the closed form."""
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    fine = np.linspace(0, np.pi / 2, 400)[1:-1]
    for k, (colour, order) in enumerate(zip(COLOURS, orders, strict=False)):
        known = np.sin(np.arctan(np.tan(fine) ** 2**order)) ** 2
        left.plot(fine, known, color=colour, label=f"order {order}")
        left.plot(angles, fires[k], "o", ms=4, mfc="none", color=colour)
        right.plot(angles, success[k], "o-", ms=4, mfc="none", color=colour)
    left.set(ylabel="probability to fire", title="circuits (circles), closed form (lines)")
    left.legend(frameon=False)
    right.set(ylabel="probability of success", title="all ancillas measured 0", ylim=(0, 1.03))
    for axes in (left, right):
        axes.set(xlabel="angle, radians")
        axes.grid(alpha=0.25)
    return figure


def network(
    inputs: np.ndarray, labels: np.ndarray, fires: np.ndarray, history: np.ndarray
) -> Figure:
    """Draws how likely the output fires on each input, and the cost of each start."""
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = ["".join(str(int(bit)) for bit in row) for row in inputs]
    left.bar(names, fires, color=np.array(COLOURS)[labels])
    left.axhline(0.5, color="black", lw=0.8)
    left.set(xlabel="input", ylabel="probability to fire", ylim=(0, 1))
    left.set_title("blue: even, should rest; orange: odd, should fire", fontsize=10)
    left.tick_params(axis="x", rotation=90 if len(names) > 8 else 0)
    for row in history:
        right.plot(row, color="0.75", lw=0.8)
    right.plot(history[np.argmin(history[:, -1])], color=COLOURS[0], lw=1.8, label="lowest")
    right.set(xlabel="step", ylabel="cost", title="training from each start")
    right.grid(alpha=0.25)
    right.legend(frameon=False)
    return figure
