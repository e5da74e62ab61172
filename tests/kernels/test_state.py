"""Kernels and steps against dense NumPy, wherever the bit of the imaginary part is."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qjax import kernels
from qjax.circuit import IndexMap
from qjax.kernels import _state as state_kernels
from tests import oracle
from tests.programs import random_unitary

N = 4
EVERYWHERE = [*range(N + 1), None]  # Place of the bit of the imaginary part; None: a real state.


def rng(*seed):
    return np.random.default_rng([*map(ord, "".join(map(str, seed)))])


def random_state(rng, imaginary):
    psi = rng.normal(size=2**N) + 1j * rng.normal(size=2**N) * (imaginary is not None)
    return psi / np.linalg.norm(psi)


def to_bits(psi, imaginary):
    """Amplitudes as the real vector that the steps act on."""
    if imaginary is None:
        return jnp.asarray(psi.real, jnp.float32)
    planes = np.stack([psi.real, psi.imag]).reshape((2,) * (N + 1))
    return jnp.asarray(np.moveaxis(planes, 0, imaginary).reshape(-1), jnp.float32)


def to_amplitudes(state, imaginary):
    """And back."""
    if imaginary is None:
        return np.asarray(state)
    planes = np.moveaxis(np.asarray(state).reshape((2,) * (N + 1)), imaginary, 0)
    return (planes[0] + 1j * planes[1]).reshape(-1)


def qubit_at(place, imaginary):
    """Which qubit is at a place."""
    return place - (imaginary is not None and place > imaginary)


def place_of(qubit, imaginary):
    return qubit + (imaginary is not None and qubit >= imaginary)


def block_cases():
    """A run of bits, and where the bit of the imaginary part is."""
    for imaginary in EVERYWHERE:
        m = N + (imaginary is not None)
        for n_bits in (1, 3, m):
            for first in range(m - n_bits + 1):
                yield n_bits, m - first - n_bits, imaginary


def block(n_bits, after, imaginary):
    m = N + (imaginary is not None)
    run = range(m - after - n_bits, m - after)
    qubits = [qubit_at(p, imaginary) for p in run if p != imaginary]
    r = rng("block", n_bits, after, imaginary)
    if imaginary in run:
        u = random_unitary(r, len(qubits)) if qubits else np.array([[np.exp(0.3j)]])
        # The matrix has its qubits in an order of its own.
        order = list(r.permutation(len(qubits)))
        local = [order.index(run.index(p) - (p > imaginary)) for p in run if p != imaginary]
        local.insert(run.index(imaginary), len(qubits))
        array = kernels.real_block(jnp.asarray(u, jnp.complex64), local)
        qubits = [qubits[i] for i in order]
    else:
        u = np.linalg.qr(r.normal(size=(2**n_bits, 2**n_bits)))[0]
        array = kernels.real_block(jnp.asarray(u, jnp.float32))
    assert array.shape == (2**n_bits, 2**n_bits) and array.dtype == np.float32
    return kernels.Block(n_bits, after), array, ("unitary", (u,), tuple(qubits))


def phases(imaginary):
    tables = (0, 3), (0, 1, 2), (1,)
    r = rng("phases", imaginary)
    values = [r.uniform(-3, 3, 2 ** len(t)) for t in tables]
    if imaginary is None:
        values = [np.pi * r.integers(-1, 2, 2 ** len(t)) for t in tables]
    places = tuple(tuple(place_of(q, imaginary) for q in t) for t in tables)
    array = tuple(jnp.asarray(v, jnp.float32) for v in values)
    ops = [("diagonal", (v,), t) for v, t in zip(values, tables, strict=True)]
    return kernels.Phases(places, imaginary), array, *ops


def rotation(word, imaginary):
    m = N + (imaginary is not None)

    def mask(letters):
        places = [place_of(q, imaginary) for q, a in enumerate(word) if a in letters]
        return sum(1 << (m - 1 - p) for p in places)

    bit = 0 if imaginary is None else 1 << (m - 1 - imaginary)
    step = kernels.PauliRotation(mask("XY"), mask("YZ"), bit)
    return step, jnp.float32(0.7), ("pauli_rotation", (0.7, word), tuple(range(N)))


def gather(imaginary, ops):
    """CNOT and X gates as one map."""
    total = IndexMap.identity(N)
    for name, _, qubits in ops:
        local = {"cx": ((1, 3), 0), "x": ((1,), 1)}[name]
        total = total.then(IndexMap.of_gate(*local, qubits, N))
    order = list(range(N))
    if imaginary is not None:
        total = total.widened()
        order.insert(imaginary, N)
    write = total.permuted(order, order)
    return kernels.Gather(tuple(write.inverse()), tuple(write)), (), *ops


def cx(*pairs):
    return [("cx", (), pair) for pair in pairs]


WORDS = ["XYZX", "YYYI", "IIYI", "ZIXI", "IIZZ", "YIII", "YYYY"]
MAPS = {
    "ring": cx((0, 1), (1, 2), (2, 3), (3, 0)),
    "last bits": cx((2, 3), (3, 2)),
    "first bits": cx((1, 0)),
    "flips": [("x", (), (1,)), ("x", (), (3,)), *cx((3, 1))],
}


def steps():
    """Every step in every place: the step, its array, the operations that it is, and the place."""
    cases = {}
    for *run, imaginary in block_cases():
        cases[f"block-{run}-{imaginary}"] = functools.partial(block, *run), imaginary
    for imaginary in EVERYWHERE:
        cases[f"phases-{imaginary}"] = phases, imaginary
        for name, ops in MAPS.items():
            cases[f"{name}-{imaginary}"] = functools.partial(gather, ops=ops), imaginary
        for word in WORDS:
            if imaginary is not None or word.count("Y") % 2:
                cases[f"{word}-{imaginary}"] = functools.partial(rotation, word), imaginary
    return [pytest.param(*case, id=name.replace(" ", "")) for name, case in cases.items()]


def ready(step, array):
    return step.ready(array) if isinstance(step, kernels.Phases) else array


@pytest.mark.parametrize(("make", "imaginary"), steps())
def test_every_step_in_every_place(make, imaginary):
    """It is the operation that it stands for, is undone, and goes back as JAX would."""
    step, array, *ops = make(imaginary=imaginary)
    r = rng("state", imaginary)
    psi, bar = random_state(r, imaginary), random_state(r, imaginary)
    before, cotangent = to_bits(psi, imaginary), to_bits(bar, imaginary)

    @jax.jit
    def everything(array, before, cotangent):
        apply = lambda array, state: step.apply(ready(step, array), state)  # noqa: E731
        after, pull_back = jax.vjp(apply, array, before)
        back = kernels.reverse(step, ready(step, array), after, cotangent)
        return after, step.undo(ready(step, array), after), back, pull_back(cotangent)

    after, undone, (bars, start, pulled), slopes = everything(array, before, cotangent)
    expected = oracle.statevector(N, ops, psi)
    np.testing.assert_allclose(to_amplitudes(after, imaginary), expected, atol=2e-6)
    assert after.shape == before.shape and after.dtype == before.dtype
    for state in (undone, start):
        np.testing.assert_allclose(state, before, atol=2e-6)
    for a, b in zip(jax.tree.leaves((bars, pulled)), jax.tree.leaves(slopes), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_planes_and_back():
    psi = random_state(rng("planes"), 0)
    planes = kernels.to_planes(jnp.asarray(psi, jnp.complex64))
    assert planes.shape == (2, 2**N)
    np.testing.assert_allclose(kernels.to_complex(planes), psi, atol=1e-6)
    np.testing.assert_allclose(kernels.to_complex(planes[:1]), psi.real, atol=1e-6)


@pytest.mark.parametrize("places", [(3, 0, 1, 2), (2, 1, 0, 3), (0, 2, 3, 1)])
def test_moving_bits(places):
    state = jnp.asarray(rng("move").normal(size=2**N), jnp.float32)
    step = kernels.Move(places)
    moved = step.apply((), state)
    expected = np.asarray(state).reshape((2,) * N).transpose(places).reshape(-1)
    np.testing.assert_array_equal(moved, expected)
    np.testing.assert_array_equal(step.undo((), moved), state)
    pulled = jax.vjp(lambda s: step.apply((), s), state)[1](state)[0]
    np.testing.assert_array_equal(kernels.reverse(step, (), moved, state)[2], pulled)


@pytest.mark.parametrize("mask", [0, 1, 0b1010, 0b1111])
def test_flips_and_signs(mask):
    values = jnp.asarray(rng("flip").normal(size=(3, 2**N)), jnp.float32)
    index = np.arange(2**N)
    for state in (values, values[0]):
        np.testing.assert_array_equal(state_kernels.flip(state, mask), state[..., index ^ mask])
    parity = np.array([int(b & mask).bit_count() for b in index]) % 2
    np.testing.assert_array_equal(state_kernels.signs(mask, N, np.float32), 1 - 2 * parity)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.complex64])
def test_a_product_state_is_an_outer_product(dtype):
    r = rng("product")
    vectors = [r.normal(size=2) + 1j * r.normal(size=2) for _ in range(5)]
    if dtype == jnp.float32:
        vectors = [v.real for v in vectors]
    got = kernels.product_state([jnp.asarray(v, dtype) for v in vectors])
    assert got.dtype == dtype
    np.testing.assert_allclose(got, functools.reduce(np.kron, vectors), atol=1e-6)


def test_the_inverse_of_a_block_is_differentiated_as_an_inverse():
    u = np.linalg.qr(rng("inverse").normal(size=(4, 4)))[0].astype(np.float32)
    v = jnp.asarray(rng("tangent").normal(size=(4, 4)), jnp.float32)
    got = jax.jvp(state_kernels.inverse_block, (jnp.asarray(u),), (v,))
    expected = jax.jvp(jnp.linalg.inv, (jnp.asarray(u),), (v,))
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
