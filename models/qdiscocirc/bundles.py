"""Stories in bundles of about equal work: what a step of the training takes."""

from __future__ import annotations

import numpy as np

from qjax.data import Examples, Stories

from .tape import Tapes, tapes


def joined(parts: list[Stories]) -> Stories:
    """Returns the stories of all parts as one."""
    longest = max(part.events.shape[1] for part in parts)
    parts = [
        part._replace(
            events=np.pad(part.events, ((0, 0), (0, longest - part.events.shape[1]), (0, 0)))
        )
        for part in parts
    ]
    return Stories(*map(np.concatenate, zip(*parts, strict=True)))


def bundles(stories: Stories, size: int) -> Examples:
    """Returns stories in bundles of `size`, all of the same make.

    A wire more is four times the work, and one program needs one shape: stories are sorted by their
    wires and cut into `size` slices, and a bundle has one story of each. So the few wide stories
    cost what they take, and the many narrow ones do not cost the same. The first stories stand in
    for what the last bundle lacks.

    Returns:
        Inputs: number of wires to `Tapes` ``[bundles, stories, ...]``, in ascending order; labels
        ``[bundles, size]`` in the order of all these.
    """
    cones, widths = tapes(stories)
    count = -(-len(widths) // size)
    chosen = np.resize(np.arange(len(widths)), size * count)
    slices = chosen[np.argsort(widths[chosen], kind="stable")].reshape(size, count)
    wires = widths[slices].max(1)
    groups = {}
    for width in np.unique(wires).tolist():
        rows = slices[wires == width].T
        steps = cones.steps[rows]
        longest = int((steps[..., 0] > 0).sum(-1).max())
        groups[width] = Tapes(steps[:, :, :longest], cones.asked[rows])
    return Examples(groups, stories.labels[slices.T])  # type: ignore[arg-type]
