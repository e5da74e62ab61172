"""Generated images of lesions, smooth or ragged."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from qjax.data._split import Split, split_in_three


def lesions(*, images: int = 1500, side: int = 16, seed: int = 0) -> Split:
    r"""Returns generated images of a lesion in tissue: class 0 smooth, class 1 ragged.

    The images are synthetic: they imitate the one sign of malignancy that radiologists read from
    an outline, its raggedness, and nothing else of a patient. An image is

    $$x = t + c \, \sigma\!\left(\frac{R(\varphi) - \rho}{e}\right) + n, \qquad
      R(\varphi) = R_0 \Bigl(1 + \sum_{k=2}^{6} a_k \cos(k \varphi + \varphi_k)\Bigr)$$

    with rho and phi the polar coordinates about a centre near the middle, t smooth noise (the
    tissue), n white noise of standard deviation 0.08, and radius, contrast c and width of the
    edge e drawn from the same ranges for both classes. Only the amplitudes a differ: normal,
    with standard deviation 0.10 for k = 2 and 0.02 above in class 0, and 0.12 for every k in
    class 1. The classes overlap, so that no classifier is always right.

    Args:
        images: Number of images, half of each class; at least 20.
        side: Pixels along each side, at least 8.
        seed: Seed of the images and of the split.

    Returns:
        A `Split`, 60/20/20, of `Examples` with `inputs` float32 `[n, side, side, 1]` in [0, 1]
        and `labels` int32 `[n]`.

    Raises:
        ValueError: If there are too few images or pixels.

    Example:
        >>> from qjax.data import lesions
        >>> lesions(images=100).train.inputs.shape
        (60, 16, 16, 1)
    """
    for name, value, least in (("images", images, 20), ("side", side, 8)):
        if value < least:
            raise ValueError(f"Argument `{name}` must be at least {least}, but is {value}.")
    random = np.random.default_rng(seed)
    labels = (np.arange(images) % 2).astype(np.int32)
    inputs = np.stack([_lesion(random, bool(label), side) for label in labels])
    inputs = inputs.astype(np.float32)[..., None]
    return split_in_three(inputs, labels, seed=seed, valid=0.2, test=0.2)


def _lesion(random: np.random.Generator, ragged: bool, side: int) -> np.ndarray:
    """Returns one image, `[side, side]`."""
    waves = np.arange(2, 7)
    spread = np.full(5, 0.12) if ragged else np.array([0.10, 0.02, 0.02, 0.02, 0.02])
    amplitudes, phases = spread * random.normal(size=5), random.uniform(0, 2 * np.pi, 5)
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    offset = random.uniform(-side / 10, side / 10, 2)
    rows, columns = rows - offset[0], columns - offset[1]
    angle = np.arctan2(rows, columns)
    outline = 1 + (
        amplitudes[:, None, None] * np.cos(waves[:, None, None] * angle + phases[:, None, None])
    ).sum(0)
    radius, contrast = side * random.uniform(0.2, 0.3), random.uniform(0.3, 0.6)
    edge = side * random.uniform(0.02, 0.05)
    inside = 1 / (1 + np.exp(-(radius * outline - np.hypot(rows, columns)) / edge))
    tissue = gaussian_filter(random.normal(size=(side, side)), side / 8)
    image = 0.25 + 0.08 * tissue / tissue.std() + contrast * inside
    return np.clip(image + 0.08 * random.normal(size=image.shape), 0, 1)
