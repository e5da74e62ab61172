"""Tilings to test with, and what they do according to NumPy, in double precision."""

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import IndexMap
from qjax.kernels import Span, Tile, Tiling, to_planes

# From the left, the right and the middle; the last two are widened, on the right and on the left.
SPANS = (4, 5), (5, 0), (4, 2), (2, 6), (1, 1)


def case(rng, n=10, places=9, spans=SPANS, moved=True):
    """A tiling, its blocks, a state and a cotangent."""
    maps = affine(rng, n) if moved else {}
    layout = Tiling(places, tuple(Span(*span) for span in spans), **maps)
    return layout, matrices(rng, layout), random_pairs(rng, n), random_pairs(rng, n)


def check(implementation, tiling, us, x, y, atol=1e-4):
    """Holds a tile against NumPy, forward, back and undone."""
    tile = Tile(tiling, implementation)

    @jax.jit
    def everything(planes, x, y):
        after = tile.apply(planes, x)
        return after, tile.pull_back(planes, x, y), tile.undo(planes, after)

    expected = apply(tiling, us, x), pull_back(tiling, us, x, y), x
    dtype = np.result_type(x.dtype, np.complex64)
    close(everything(planes_of(us, dtype), x, y), expected, atol)


def close(actual, expected, atol=1e-4):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=atol), actual, expected)


def affine(rng, n):
    """A random invertible affine map and its inverse: a walk of CNOTs, then flips."""
    columns = [1 << (n - 1 - place) for place in range(n)]
    for _ in range(3 * n):
        a, b = rng.choice(n, 2, replace=False)
        columns[a] ^= columns[b]
    read = IndexMap(tuple(columns), int(rng.integers(2**n)))
    return {"read": tuple(read), "write": tuple(read.inverse())}


def matrices(rng, tiling):
    return [random_unitary(rng, 2**span.width) for span in tiling.spans]


def random_unitary(rng, dim):
    return np.linalg.qr(rng.normal(size=(dim, dim)) + 1j * rng.normal(size=(dim, dim)))[0]


def random_pairs(rng, n, dtype=np.float32):
    return jnp.asarray(rng.normal(size=(2**n, 2)), dtype)


def planes_of(us, dtype=np.complex64):
    return tuple(to_planes(jnp.asarray(u, dtype)) for u in us)


def apply(tiling, us, state):
    """The state after."""
    x = _complex(state)[_origin(tiling, len(state))]
    for span, u in zip(tiling.spans, us, strict=True):
        x = _act(span, u, x)
    return _pairs(x)


def pull_back(tiling, us, state, cotangent):
    """Cotangents of the planes, the state before, and its cotangent."""
    x, y, bars = _complex(state), _complex(cotangent), []
    for span, u in reversed(list(zip(tiling.spans, us, strict=True))):
        x = _act(span, u.conj().T, x)
        bar = np.einsum("lar,lbr->ab", _view(span, y), _view(span, x).conj())
        bars.append(np.stack([bar.real, bar.imag]))
        y = _act(span, u.conj().T, y)
    origin = np.argsort(_origin(tiling, len(x)))
    return tuple(reversed(bars)), _pairs(x[origin]), _pairs(y[origin])


def _origin(tiling, size):
    origin = np.arange(size)
    if tiling.read is None:
        return origin
    columns, offset = tiling.read
    bits = origin[:, None] >> np.arange(len(columns))[::-1] & 1
    return np.bitwise_xor.reduce(bits * np.asarray(columns), axis=1) ^ offset


def _act(span, u, x):
    return np.einsum("ab,lbr->lar", u, _view(span, x)).reshape(-1)


def _view(span, x):
    return x.reshape(-1, 2**span.width, 2**span.after)


def _complex(pairs):
    pairs = np.asarray(pairs, np.float64)
    return pairs[:, 0] + 1j * pairs[:, 1]


def _pairs(x):
    return np.stack([x.real, x.imag], -1)
