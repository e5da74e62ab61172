"""A run of blocks on each tile of a state as one Pallas kernel for GPUs, by way of Triton.

A program reads a tile once, holds its real and imaginary parts while all blocks of the run act on
them, and writes it once. Going back it holds the state and its cotangent, and each block takes
three complex products: undo the state, pull back the cotangent, and the cotangent of the block.

A block's cotangent is a sum over tiles. At most `_SLOTS` programs run, each through its share of
the tiles, with sums of its own that it writes once, to a slot that XLA adds to the others. Memory
is bounded so, nothing is shared, and the order of the sum, hence its rounding, is always the same;
atomic additions would wait for one another, in any order.

Triton multiplies matrices of 16 rows and columns or more, so narrower blocks are widened by the
identity. Products are in full single or double precision, never TF32.

Pallas's way to Triton is deprecated in JAX 0.12, and later versions may be without it: `has_triton`
says whether it is there. Interpreted, the kernel does without.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.kernels._state import PRECISION
from qjax.kernels._tile import Both, Span, Tiling, apply_xla, reverse_xla

# Fewest places of a block, and of the rest of its tile: Triton's 16.
_WIDTH = 4

# Programs that go back at once, a power of two: some for each multiprocessor of a large GPU.
_SLOTS = 512

Planes = tuple[jax.Array, ...]
Parts = tuple[jax.Array, jax.Array]  # Real and imaginary part.


def has_triton() -> bool:
    """Whether this JAX has Pallas's way to Triton."""
    try:
        return importlib.util.find_spec("jax.experimental.pallas.triton") is not None
    except ImportError:
        return False


def min_places(tiling: Tiling) -> int:
    """Fewest places of a tile for these blocks."""
    return _WIDTH + max(_WIDTH, *(span.width for span in tiling.spans))


@functools.partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def apply_pallas(tiling: Tiling, interpret: bool, planes: Planes, state: jax.Array) -> jax.Array:
    """As `apply_xla`, which it is where JAX differentiates it."""
    wide, planes = _widen(tiling, planes)
    pair = state.reshape(2, -1)
    programs = pair.shape[1] >> tiling.places
    result = jax.ShapeDtypeStruct(pair.shape, pair.dtype)
    return _call(_forward, wide, interpret, programs, (result,), pair, *planes)[0].reshape(-1)


@apply_pallas.defjvp
def _apply_jvp(tiling: Tiling, interpret: bool, primals: Any, tangents: Any) -> Any:
    return jax.jvp(functools.partial(apply_xla, tiling), primals, tangents)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def reverse_pallas(
    tiling: Tiling, interpret: bool, planes: Planes, state: jax.Array, cotangent: jax.Array
) -> tuple[Planes, jax.Array, jax.Array]:
    """As `reverse_xla`, which it is where JAX differentiates it."""
    wide, _ = _widen(tiling, planes)
    planes, narrow = jax.vjp(lambda p: _widen(tiling, p)[1], planes)
    states = [x.reshape(2, -1) for x in (state, cotangent)]
    slots = min(_SLOTS, states[0].shape[1] >> tiling.places)
    shapes = [*(x.shape for x in states), *((slots, *p.shape) for p in planes)]
    results = [jax.ShapeDtypeStruct(shape, state.dtype) for shape in shapes]
    before, pulled, *bars = _call(_backward, wide, interpret, slots, results, *states, *planes)
    bar = narrow(tuple(jnp.sum(bar, 0) for bar in bars))[0]
    return bar, before.reshape(-1), pulled.reshape(-1)


@reverse_pallas.defjvp
def _reverse_jvp(tiling: Tiling, interpret: bool, primals: Any, tangents: Any) -> Any:
    return jax.jvp(functools.partial(reverse_xla, tiling), primals, tangents)


def _widen(tiling: Tiling, planes: Planes) -> tuple[Tiling, Planes]:
    """The same tiling without blocks too narrow for a matrix product."""
    spans, wide = [], []
    for (width, after), block in zip(tiling.spans, planes, strict=True):
        right = min(after, max(_WIDTH - width, 0))
        left = max(_WIDTH - width - right, 0)
        spans.append(Span(left + width + right, after - right))
        a, b = (jnp.eye(2**k, dtype=block.dtype) for k in (left, right))
        widen = jax.vmap(lambda part, a=a, b=b: jnp.kron(jnp.kron(a, part), b))
        wide.append(widen(block) if left + right else block)
    return tiling._replace(spans=tuple(spans)), tuple(wide)


def _call(
    body: Any,
    tiling: Tiling,
    interpret: bool,
    programs: int,
    results: Sequence[Any],
    *arrays: jax.Array,
) -> Any:
    """Runs a kernel as some programs; the states come first among its arrays."""
    from jax.experimental import pallas as pl  # Here, because it takes time to import.

    if not programs:
        raise ValueError(
            f"Argument `state` must have at least {2 ** (tiling.places + 1)} entries, a tile of "
            f"{tiling.places} places, but has {arrays[0].size}."
        )

    def kernel(*refs: Any) -> None:
        body(tiling, pl.program_id(0), *refs)

    states = len(arrays) - len(tiling.spans)
    return pl.pallas_call(
        kernel,
        out_shape=results,
        grid=(programs,),
        # Tiles that stay where they are are overwritten in place.
        input_output_aliases={} if tiling.enter or tiling.leave else {i: i for i in range(states)},
        compiler_params=None if interpret else _compiler_params(),
        interpret=interpret,
    )(*arrays)


def _compiler_params() -> Any:
    from jax.experimental.pallas import triton  # Not in JAX's wheels for every system.

    # Triton 3.9 for an H200, going back over three blocks of four qubits: tiles of 9 places take
    # 254 registers and spill none, of 10 spill 0.9 KB a thread; 4 or 16 warps spill more.
    return triton.CompilerParams(num_warps=8, num_stages=1)


def _forward(tiling: Tiling, tile: Any, state: Any, *refs: Any) -> None:
    """One tile: refs of the planes, then of the state after."""
    *planes, after = refs
    x = _load(state, _index(tiling.enter, tiling.places, tile))
    for span, block in zip(tiling.spans, planes, strict=True):
        x = _merge(span, _product(_rows(span, x), (block[0], block[1]), (1, 1)))
    _store(after, _index(tiling.leave, tiling.places, tile), x)


def _backward(tiling: Tiling, slot: Any, state: Any, cotangent: Any, *refs: Any) -> None:
    """A slot's tiles: refs of the planes, the state before, its cotangent, and the slots."""
    n = len(tiling.spans)
    planes, before, pulled, bars = refs[:n], refs[n], refs[n + 1], refs[n + 2 :]
    slots = bars[0].shape[0]
    rounds = (state.shape[1] >> tiling.places) // slots

    def one_tile(i: Any, sums: list[Parts]) -> list[Parts]:
        tile, new = i * np.int32(slots) + slot, []
        here = _index(tiling.leave, tiling.places, tile)
        x, y = _load(state, here), _load(cotangent, here)
        steps = zip(tiling.spans, planes, sums, strict=True)
        for span, block, total in reversed(list(steps)):
            inverse = block[0], -block[1]  # Its conjugate, contracted over its rows.
            rows = _product(_rows(span, x), inverse, (1, 0))
            image = _rows(span, y)
            bar = _product(image, (rows[0], -rows[1]), (0, 0))
            new.append((total[0] + bar[0], total[1] + bar[1]))
            x, y = _merge(span, rows), _merge(span, _product(image, inverse, (1, 0)))
        origin = _index(tiling.enter, tiling.places, tile)
        _store(before, origin, x)
        _store(pulled, origin, y)
        return new[::-1]

    start = [(jnp.zeros(p.shape[1:], p.dtype),) * 2 for p in planes]
    sums = jax.lax.fori_loop(np.int32(0), np.int32(rounds), one_tile, start)
    for bar, (re, im) in zip(bars, sums, strict=True):
        bar[slot, 0], bar[slot, 1] = re, im


def _product(a: Parts, b: Parts, contract: tuple[int, int]) -> Parts:
    """Complex product of matrices over one axis of each."""
    axes = (((contract[0],), (contract[1],)), ((), ()))
    dot = functools.partial(jax.lax.dot_general, dimension_numbers=axes, precision=PRECISION)
    return dot(a[0], b[0]) + dot(a[1], -b[1]), dot(a[0], b[1]) + dot(a[1], b[0])


def _rows(span: Span, x: Parts) -> Parts:
    """A tile as rows over its span, ``[2**t / K, K]``."""
    dim, after = 2**span.width, 2**span.after
    re, im = (p.reshape(-1, dim, after).transpose(0, 2, 1).reshape(-1, dim) for p in x)
    return re, im


def _merge(span: Span, rows: Parts) -> Parts:
    """Inverse of `_rows`."""
    dim, after = 2**span.width, 2**span.after
    re, im = (p.reshape(-1, after, dim).transpose(0, 2, 1).reshape(-1) for p in rows)
    return re, im


def _index(maps: Both | None, places: int, tile: Any) -> jax.Array:
    """Where the entries of a tile are in the state, or a map takes them."""
    entry = jax.lax.iota(np.int32, 2**places)
    if maps is None:
        return tile * np.int32(2**places) + entry
    columns, offset = maps[0]
    index = jnp.full(entry.shape, offset, np.int32)
    for place, column in enumerate(reversed(columns)):
        bits, shift = (entry, place) if place < places else (tile, place - places)
        index ^= -(bits >> np.int32(shift) & np.int32(1)) & np.int32(column)
    return index


def _load(ref: Any, index: jax.Array) -> Parts:
    return ref[0, index], ref[1, index]


def _store(ref: Any, index: jax.Array, x: Parts) -> None:
    ref[0, index], ref[1, index] = x
