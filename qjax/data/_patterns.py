"""Black-and-white images of four by four pixels, told apart by their likeness to one of them."""

from __future__ import annotations

import numpy as np

from qjax.data._split import Examples, Split

CROSS = "1111110110001101"
"""The cross of Tacchino et al., row by row; a 0 is a pixel of the cross."""


def patterns(
    target: str = CROSS,
    *,
    positives: int = 50,
    negatives: int = 3000,
    threshold: float = 0.5,
    seed: int = 0,
) -> Split:
    r"""Returns the 65,536 images of 4 x 4 pixels, split, and whether each is like a target.

    An image is a vector i of signs, -1 for the digit 1. It is like the target t if a quantum neuron
    with the weights t fires on it,

    .. math:: \left(\frac{i \cdot t}{16}\right)^2 > \text{threshold}

    which holds of 274 images at 0.5: those at most two pixels from the cross or from its negative.
    Training and validation parts each have as many positive and negative examples as told, drawn
    without replacement; all other images are the test part.

    Args:
        target: 16 digits 0 or 1, row by row.
        positives: Images like the target in the training part, and in the validation part.
        negatives: Others in either part.
        threshold: What an activation must exceed, in [0, 1).
        seed: Seed of the split.

    Returns:
        A `Split` of `Examples` with `inputs` float32 `[n, 16]`, 1 or -1, and `labels` int32 `[n]`,
        1 for an image like the target.

    Raises:
        ValueError: If the target is not 16 digits 0 or 1, or there are too few images for a part.

    References:
        Tacchino et al., npj Quantum Information 5, 26 (2019), arXiv 1811.02266.

    Example:
        >>> from qjax.data import patterns
        >>> parts = patterns()
        >>> parts.train.inputs.shape, int(parts.test.labels.sum())
        ((3050, 16), 174)
    """
    signs = image_signs(target)
    images = every_image()
    labels = (images @ signs / 16) ** 2 > threshold
    random = np.random.default_rng(seed)
    shuffled = [random.permutation(np.flatnonzero(labels == kind)) for kind in (True, False)]
    for name, wanted, found in zip(
        ("positives", "negatives"), (positives, negatives), shuffled, strict=True
    ):
        if not 1 <= wanted <= len(found) // 2:
            raise ValueError(
                f"Argument `{name}` must be from 1 to {len(found) // 2}, half of those that there "
                f"are, but is {wanted}."
            )
    like, unlike = shuffled
    rows = [
        np.concatenate([like[:positives], unlike[:negatives]]),
        np.concatenate([like[positives : 2 * positives], unlike[negatives : 2 * negatives]]),
        np.concatenate([like[2 * positives :], unlike[2 * negatives :]]),
    ]
    return Split(
        *(
            Examples(images[part].astype(np.float32), labels[part].astype(np.int32))
            for part in map(random.permutation, rows)
        )
    )


def every_image() -> np.ndarray:
    """Returns all 65,536 images as signs `[65536, 16]`, that of k being the digits of k in binary.

    Example:
        >>> from qjax.data import every_image
        >>> every_image()[1].astype(int).tolist()[-3:]
        [1, 1, -1]
    """
    digits = (np.arange(2**16)[:, None] >> np.arange(16)[::-1]) & 1
    signs: np.ndarray = (1 - 2 * digits).astype(np.float32)
    return signs


def image_signs(digits: str) -> np.ndarray:
    """Returns an image of 16 digits as signs `[16]`: 1 for a 0, -1 for a 1.

    Args:
        digits: 16 of 0 and 1, row by row.

    Raises:
        ValueError: If there are not 16 digits, or one is another.

    Example:
        >>> from qjax.data import image_signs
        >>> image_signs("0110" * 4)[:4].tolist()
        [1.0, -1.0, -1.0, 1.0]
    """
    if len(digits) != 16 or set(digits) - set("01"):
        raise ValueError(f"Argument `target` must be 16 digits 0 or 1, but is {digits!r}.")
    return np.array([1 - 2 * int(digit) for digit in digits], np.float32)
