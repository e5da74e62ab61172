"""Tiles: the GPU kernel, interpreted on the CPU, and the XLA version, against dense NumPy."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st
from jaxlib.mlir import ir

from qjax.kernels import Span, Tile, Tiling
from tests.tilings import TRITON, case, check, close, cuda_module, planes_of, random_state

RNG = np.random.default_rng(0)
# JAX 0.12 warns that the way from Pallas to Triton will be removed.
pytestmark = pytest.mark.filterwarnings("ignore:The Pallas Triton backend:DeprecationWarning")


@pytest.mark.parametrize(
    ("how", "moved"), [("xla", True), ("interpret", True), ("interpret", False)]
)
def test_forward_and_back(how, moved):
    check(how, *case(RNG, moved=moved))


@given(st.data())
def test_any_tiling(data):
    places = data.draw(st.integers(8, 9), "places")
    n = places + data.draw(st.integers(0, 1), "outside")
    widths = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=2), "widths")
    widths = [min(width, places - 4) for width in widths]
    spans = [(w, data.draw(st.integers(0, places - w), "after")) for w in widths]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16), "seed"))
    check("interpret", *case(rng, n, places, spans))


def test_more_tiles_than_programs_that_go_back():
    check("interpret", *case(RNG, n=18, places=8, spans=[(4, 4), (4, 0)]), atol=5e-3)


def test_double_precision():
    tiling, us, x, y = case(RNG, spans=[(4, 2), (2, 6)])
    with jax.enable_x64(True):
        x, y = x.astype(np.float64), y.astype(np.float64)
        check("interpret", tiling, us, x, y, atol=1e-12)


@pytest.mark.parametrize(("axes", "moved"), [((None, 0, 0), True), ((0, None, None), False)])
def test_vmap(axes, moved):
    tiling, us, x, y = case(RNG, spans=[(4, 1), (3, 4)], moved=moved)
    args = [
        arg if axis is None else jax.tree.map(lambda a: jnp.stack([a, a[::-1], 2 * a]), arg)
        for arg, axis in zip((planes_of(us), x, y), axes, strict=True)
    ]

    def both(tile, planes, x, y):
        forward = jax.vmap(tile.apply, axes[:2])(planes, x)
        return forward, jax.vmap(tile.reverse, axes)(planes, x, y)

    run = jax.jit(both, static_argnums=0)
    close(*(run(Tile(tiling, how), *args) for how in ("interpret", "xla")), atol=1e-3)


def reversible(tile):
    """A tile as the reversible gradient uses it."""

    @jax.custom_vjp
    def run(planes, state):
        return tile.apply(planes, state)

    def forward(planes, state):
        after = tile.apply(planes, state)
        return after, (planes, after)

    def backward(kept, cotangent):
        bars, _, cotangent = tile.reverse(*kept, cotangent)
        return bars, cotangent

    run.defvjp(forward, backward)
    return run


def test_first_and_second_derivatives():
    """All ways to differentiate a function of the entries of the blocks agree."""
    tiling, us, x, _ = case(RNG, n=8, places=8, spans=[(4, 1), (3, 4)])
    planes, weights = planes_of(us), random_state(RNG, 8)
    direction = jax.tree.map(lambda p: jnp.asarray(RNG.normal(size=p.shape), p.dtype), planes)

    def both(run):
        def value(planes):
            return jnp.sum(weights * run(planes, x) ** 3)

        return jax.jvp(jax.grad(value), (planes,), (direction,))

    plain, *others = [
        jax.tree.map(lambda a: a / 100, jax.jit(both, static_argnums=0)(run))
        for run in (
            Tile(tiling, "xla").apply,
            Tile(tiling, "interpret").apply,
            reversible(Tile(tiling, "xla")),
            reversible(Tile(tiling, "interpret")),
        )
    ]
    assert max(float(jnp.abs(a).max()) for a in plain[1]) > 0.1
    for other in others:
        close(other, plain, atol=1e-3)


def test_the_kernel_is_one_call():
    tiling, us, x, y = case(RNG)
    for how, kernels in (("xla", 0), ("interpret", 1)):
        jaxpr = jax.make_jaxpr(Tile(tiling, how).reverse)(planes_of(us), x, y)
        assert str(jaxpr).count("pallas_call[") == kernels


def test_errors():
    small = Tile(Tiling(8, (Span(5, 0),)), "pallas")
    planes = planes_of([np.eye(32)])
    with pytest.raises(ValueError, match="tiles of at least 9 places .* but they have 8"):
        small.apply(planes, jnp.zeros(2**9))
    large = Tile(Tiling(9, (Span(5, 0),)), "interpret")
    with pytest.raises(ValueError, match="`state` must have at least 1024 entries, .* but has 512"):
        large.apply(planes, jnp.zeros(2**9))
    with pytest.raises(ValueError, match="`implementation` must be one of .* but is triton"):
        small._replace(implementation="triton").apply(planes, jnp.zeros(2**9))


def lowered(function, *args):
    """The module for CUDA, and the Triton module of its one kernel."""
    module = cuda_module(function, *args)
    assert module.count(TRITON) == 1
    text = re.search(r'ir = "((?:[^"\\]|\\.)*)"', module)[1]
    byte = re.compile(rb'\\(?:([0-9A-F]{2})|([\\"]))')
    code = byte.sub(lambda m: m[2] or bytes.fromhex(m[1].decode()), text.encode("latin-1"))
    dialect = pytest.importorskip("jaxlib.triton.dialect")
    with ir.Context() as context:
        context.allow_unregistered_dialects = True
        dialect.register_dialect(context)
        return module, str(ir.Module.parse(code))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("moved", [False, True])
def test_lowers_for_cuda(moved, dtype):
    tiling, us, _, _ = case(RNG, n=20, places=10, spans=[(4, 0), (5, 5), (2, 3)], moved=moved)
    tile = Tile(tiling, "pallas")
    with jax.enable_x64(dtype == np.float64):
        state, states = (jax.ShapeDtypeStruct((*k, 2**21), dtype) for k in ((), (3,)))
        planes = planes_of(us, np.result_type(dtype, np.complex64))
        for function, args, products in (
            (tile.apply, (planes, state), 12),
            (tile.reverse, (planes, state, state), 36),
            (jax.vmap(tile.reverse, (None, 0, 0)), (planes, states, states), 36),
        ):
            module, triton = lowered(function, *args)
            dots = [line for line in triton.splitlines() if "tt.dot" in line]
            assert len(dots) == products
            # Triton writes a product's precision where it is not IEEE.
            assert all("tf32" not in line and "inputPrecision" not in line for line in dots)
            # One pass, over the same memory where tiles do not move.
            assert ("output_operand_alias" in module) != moved


def test_a_rounded_product_would_be_seen(monkeypatch):
    monkeypatch.setattr("qjax.kernels._tile_pallas.PRECISION", jax.lax.Precision.DEFAULT)
    tiling, us, x, _ = case(RNG, spans=[(4, 0)])
    _, triton = lowered(Tile(tiling, "pallas").apply, planes_of(us), x)
    assert triton.count("inputPrecision = tf32") == 4
