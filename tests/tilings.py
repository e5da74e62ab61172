"""Tilings to test with, and what they do according to NumPy, in double precision."""

import contextlib

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import IndexMap
from qjax.kernels import Span, Tile, Tiling, to_planes

# From the left, the right and the middle; the last is widened, on the right and on the left.
SPANS = (4, 5), (5, 0), (1, 1)


def case(rng, n=10, places=9, spans=SPANS, moved=True):
    """A tiling, its blocks, a state and a cotangent."""
    maps = (affine(rng, n), affine(rng, n)) if moved else ()
    layout = Tiling(places, tuple(Span(*span) for span in spans), *maps)
    return layout, matrices(rng, layout), random_state(rng, n), random_state(rng, n)


def check(implementation, tiling, us, x, y, atol=1e-4):
    """Holds a tile against NumPy, forward, back and undone."""
    tile = Tile(tiling, implementation)

    @jax.jit
    def everything(planes, x, y):
        after = tile.apply(planes, x)
        return after, tile.reverse(planes, x, y), tile.undo(planes, after)

    expected = apply(tiling, us, x), reverse(tiling, us, x, y), x
    dtype = np.result_type(x.dtype, np.complex64)
    close(everything(planes_of(us, dtype), x, y), expected, atol)


def close(actual, expected, atol=1e-4):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=atol), actual, expected)


TRITON = "__gpu$xla.gpu.triton"


def cuda_module(function, *args):
    """A function lowered for CUDA, on any machine; each call of a kernel in it names `TRITON`."""
    device = contextlib.nullcontext()
    if hasattr(jax.sharding, "AbstractDevice"):  # Newer JAX asks which GPU it is for.
        gpu = jax.sharding.AbstractDevice(device_kind="NVIDIA H200", num_cores=None, platform="gpu")
        mesh = jax.sharding.AbstractMesh((1,), ("x",), abstract_device=gpu)
        device = jax.sharding.use_abstract_mesh(mesh)
    allowed = [jax.export.DisabledSafetyCheck.custom_call(TRITON)]
    with device:
        export = jax.export.export(jax.jit(function), platforms=["cuda"], disabled_checks=allowed)
        return export(*args).mlir_module()


def affine(rng, n):
    """A random invertible affine map and its inverse: a walk of CNOTs, then flips."""
    columns = [1 << (n - 1 - place) for place in range(n)]
    for _ in range(3 * n):
        a, b = rng.choice(n, 2, replace=False)
        columns[a] ^= columns[b]
    read = IndexMap(tuple(columns), int(rng.integers(2**n)))
    return tuple(read), tuple(read.inverse())


def matrices(rng, tiling):
    return [random_unitary(rng, 2**span.width) for span in tiling.spans]


def random_unitary(rng, dim):
    return np.linalg.qr(rng.normal(size=(dim, dim)) + 1j * rng.normal(size=(dim, dim)))[0]


def random_state(rng, n, dtype=np.float32):
    return jnp.asarray(rng.normal(size=2 ** (n + 1)), dtype)


def planes_of(us, dtype=np.complex64):
    return tuple(to_planes(jnp.asarray(u, dtype)) for u in us)


def apply(tiling, us, state):
    """The state after."""
    x = _complex(state)[_index(tiling.enter, len(state) // 2)]
    for span, u in zip(tiling.spans, us, strict=True):
        x = _act(span, u, x)
    return _planes(x[np.argsort(_index(tiling.leave, len(x)))])


def reverse(tiling, us, state, cotangent):
    """Cotangents of the planes, the state before, and its cotangent."""
    x, y = (_complex(s)[_index(tiling.leave, len(s) // 2)] for s in (state, cotangent))
    bars = []
    for span, u in reversed(list(zip(tiling.spans, us, strict=True))):
        x = _act(span, u.conj().T, x)
        bar = np.einsum("lar,lbr->ab", _view(span, y), _view(span, x).conj())
        bars.append(np.stack([bar.real, bar.imag]))
        y = _act(span, u.conj().T, y)
    back = np.argsort(_index(tiling.enter, len(x)))
    return tuple(reversed(bars)), _planes(x[back]), _planes(y[back])


def _index(maps, size):
    index = np.arange(size)
    if maps is None:
        return index
    columns, offset = maps[0]
    bits = index[:, None] >> np.arange(len(columns))[::-1] & 1
    return np.bitwise_xor.reduce(bits * np.asarray(columns), axis=1) ^ offset


def _act(span, u, x):
    return np.einsum("ab,lbr->lar", u, _view(span, x)).reshape(-1)


def _view(span, x):
    return x.reshape(-1, 2**span.width, 2**span.after)


def _complex(state):
    re, im = np.asarray(state, np.float64).reshape(2, -1)
    return re + 1j * im


def _planes(x):
    return np.concatenate([x.real, x.imag])
