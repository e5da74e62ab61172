"""Tiles on a real GPU: the compiled kernel against dense NumPy and the XLA version."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qjax.kernels import Tile
from tests.tilings import case, check, close, planes_of

RNG = np.random.default_rng(0)
# JAX 0.12 warns that the way from Pallas to Triton will be removed.
pytestmark = pytest.mark.filterwarnings("ignore:The Pallas Triton backend:DeprecationWarning")


@pytest.fixture(autouse=True)
def gpu():
    if jax.default_backend() != "gpu":
        pytest.skip("JAX has no GPU here.")


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("places", [9, 10])
def test_forward_and_back(places, moved):
    tiling, us, x, y = case(RNG, n=12, places=places, moved=moved)
    check("pallas", tiling, us, x, y, atol=2e-4)  # With TF32 the error would be near 1e-2.


def test_more_tiles_than_programs_that_go_back():
    check("pallas", *case(RNG, n=18, places=8, spans=[(4, 4), (4, 0)]), atol=5e-3)


def test_sums_are_the_same_every_time():
    tiling, us, x, y = case(RNG, n=18, places=8, spans=[(4, 4), (4, 0)])
    back = jax.jit(Tile(tiling, "pallas").reverse)
    once, again = (back(planes_of(us), x, y) for _ in range(2))
    jax.tree.map(np.testing.assert_array_equal, once, again)


def test_double_precision():
    tiling, us, x, y = case(RNG, spans=[(4, 2), (2, 6)])
    with jax.enable_x64(True):
        check("pallas", tiling, us, x.astype(np.float64), y.astype(np.float64), atol=1e-12)


@pytest.mark.parametrize("moved", [False, True])
def test_vmap(moved):
    tiling, us, x, y = case(RNG, spans=[(4, 1), (3, 4)], moved=moved)
    x, y = (jnp.stack([a, a[::-1], 2 * a]) for a in (x, y))
    results = [
        jax.jit(jax.vmap(Tile(tiling, how).reverse, (None, 0, 0)))(planes_of(us), x, y)
        for how in ("pallas", "xla")
    ]
    close(*results, atol=1e-3)
