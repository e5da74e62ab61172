"""A model and data small enough to train in milliseconds."""

import numpy as np
import pytest

from qjax.data import Examples, Split


@pytest.fixture(scope="session")
def data():
    """Returns 40 points with two classes, a plane between them."""
    rng = np.random.default_rng(0)

    def part(length):
        x = rng.normal(size=(length, 3)).astype(np.float32)
        return Examples(x, (x @ [1.0, -2.0, 0.5] > 0).astype(np.int32))

    return Split(part(40), part(21), part(20))
