"""Kernel matrices of quantum feature maps: streamed to the host, and inside a JAX program."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from rich.console import Console

from qjax.circuit import Circuit, X, Y, Z
from qjax.estimators._stream import rows_of, stream
from qjax.measure import expectation, statevector

Embed = Callable[[jax.Array], Circuit]


def fidelity_kernel(
    embed: Embed,
    x: Any,
    y: Any = None,
    *,
    block: int | None = None,
    memory: int | None = None,
    out: Any = None,
    engine: Any = None,
    progress: Console | None = None,
) -> np.ndarray:
    r"""Fidelities between the states of all pairs of samples, written to the host in blocks.

    .. math:: K_{ij} = |\langle \psi(x_i) | \psi(y_j) \rangle|^2, \qquad
              |\psi(x)\rangle = U(x) |0\dots0\rangle

    A block of samples is embedded at once, and a block of the matrix is one product of two blocks
    of states; both are compiled once. States that fit into `memory` are computed once and kept;
    otherwise as many as fit are kept while the others go by, so that only blocks are ever held.
    Without `y` the matrix is symmetric, and only the blocks above its diagonal are computed.

    Args:
        embed: ``embed(sample [features])`` returns a `qjax.Circuit`; compiled once a function.
            Weights that change belong into ``jax.tree_util.Partial(build, weights)``, for which
            nothing is compiled again.
        x: Real, finite ``[samples, features]``.
        y: Other samples with as many features; `x` again by default.
        block: Samples in a block: by default a power of two, at most 1024, that fits.
        memory: Bytes of the device for states and blocks; a quarter of the device by default.
        out: Array of floats to write to, such as a ``np.memmap``; a new one by default.
        engine: How to run the circuits, as in `qjax.statevector`.
        progress: Console to show progress on, if it is a terminal.

    Returns:
        float32 ``[len(x), len(y)]``, or `out`.

    Raises:
        TypeError: If `embed` makes no circuit, or an array is not numeric.
        ValueError: If a shape does not match, a number is not finite, or the memory is too small.

    References:
        Havlicek et al., Nature 567, 209 (2019), arXiv 1804.11326.

    Example:
        >>> import numpy as np, qjax
        >>> from qjax.estimators import fidelity_kernel
        >>> embed = lambda x: qjax.Circuit(1).ry(x, [0])
        >>> fidelity_kernel(embed, [[0.0], [np.pi / 2], [np.pi]]).round(4).tolist()
        [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    x, y = samples_of(x, y)
    rows = functools.partial(_planes, _partial(embed), engine=engine)
    return stream(rows, _fidelities, x, y, block=block, memory=memory, out=out, progress=progress)


def projected_kernel(
    embed: Embed,
    x: Any,
    y: Any = None,
    *,
    gamma: float = 1.0,
    block: int | None = None,
    memory: int | None = None,
    out: Any = None,
    engine: Any = None,
    progress: Console | None = None,
) -> np.ndarray:
    r"""Gaussian kernel of the states of single qubits, written to the host in blocks.

    .. math:: K_{ij} = \exp\Bigl(-\gamma \sum_q \lVert \rho_q(x_i) - \rho_q(y_j) \rVert_F^2\Bigr)
              = \exp\Bigl(-\frac{\gamma}{2} \sum_{q, P} \bigl(\langle P_q \rangle_{x_i} -
                \langle P_q \rangle_{y_j}\bigr)^2\Bigr), \qquad P \in \{X, Y, Z\}

    Three numbers a qubit are kept of each sample, so circuits may be as wide as any engine allows.

    Args:
        embed: As in `fidelity_kernel`.
        x: Real, finite ``[samples, features]``.
        y: Other samples with as many features; `x` again by default.
        gamma: Inverse width, above 0. Libraries that leave out the half call this 2 gamma.
        block: Samples in a block.
        memory: Bytes of the device for rows and blocks; a quarter of the device by default.
        out: Array of floats to write to, such as a ``np.memmap``; a new one by default.
        engine: How to run the circuits, as in `qjax.expectation`.
        progress: Console to show progress on, if it is a terminal.

    Returns:
        float32 ``[len(x), len(y)]``, or `out`.

    Raises:
        TypeError: If `embed` makes no circuit, or an array is not numeric.
        ValueError: If a shape does not match, a number is not finite, or gamma is not above 0.

    References:
        Huang et al., Nature Communications 12, 2631 (2021), arXiv 2011.01938.

    Example:
        >>> import numpy as np, qjax
        >>> from qjax.estimators import projected_kernel
        >>> embed = lambda x: qjax.Circuit(1).ry(x, [0])
        >>> projected_kernel(embed, [[0.0], [np.pi]], gamma=0.5).round(4).tolist()
        [[1.0, 0.3679], [0.3679, 1.0]]
    """
    x, y = samples_of(x, y)
    if not 0 < gamma < np.inf:
        raise ValueError(f"Argument `gamma` must be above 0 and finite, but is {gamma}.")
    rows = functools.partial(_paulis, _partial(embed), engine=engine)
    product = functools.partial(_gaussian, x.dtype.type(gamma))
    return stream(rows, product, x, y, block=block, memory=memory, out=out, progress=progress)


def projected_features(
    embed: Embed, x: Any, *, block: int | None = None, engine: Any = None
) -> np.ndarray:
    r"""Expectations of X, Y and Z of every qubit, for every sample.

    Args:
        embed: As in `fidelity_kernel`.
        x: Real, finite ``[samples, features]``.
        block: Samples in a block.
        engine: How to run the circuits, as in `qjax.expectation`.

    Returns:
        float32 ``[samples, 3 qubits]``: X, Y and Z of qubit 0, then of qubit 1, and so on.

    Raises:
        TypeError: If `embed` makes no circuit, or an array is not numeric.
        ValueError: If the shape is none of samples, or a number is not finite.

    Example:
        >>> import qjax
        >>> from qjax.estimators import projected_features
        >>> projected_features(lambda x: qjax.Circuit(2).ry(x, [0]), [[0.0]]).tolist()
        [[0.0, 0.0, 1.0, 0.0, 0.0, 1.0]]
    """
    x, _ = samples_of(x, None)
    return rows_of(functools.partial(_paulis, _partial(embed), engine=engine), x, block)


def fidelity_gram(embed: Embed, x: jax.Array, y: Any = None, *, engine: Any = None) -> jax.Array:
    r"""The matrix of `fidelity_kernel` as a JAX function, for ``jit``, ``vmap`` and ``grad``.

    All states are held at once: this is for the few hundred samples that train a kernel.

    Args:
        embed: ``embed(sample [features])`` returns a `qjax.Circuit`; it may close over what is
            traced, such as trained weights.
        x: ``[samples, features]``.
        y: Other samples; `x` again by default.
        engine: How to run the circuits, as in `qjax.statevector`.

    Returns:
        Real ``[len(x), len(y)]``.

    Example:
        >>> import jax, jax.numpy as jnp, qjax
        >>> from qjax.estimators import fidelity_gram
        >>> x = jnp.array([[0.0], [1.0]])
        >>> def kernel(w):
        ...     return fidelity_gram(lambda x: qjax.Circuit(1).ry(w * x, [0]), x)[0, 1]
        >>> kernel(1.0).round(4), jax.grad(kernel)(1.0).round(4)  # cos(1/2)^2, -sin(1)/2
        (Array(0.7702, dtype=float32), Array(-0.4207, dtype=float32, weak_type=True))
    """
    rows = functools.partial(_planes, _partial(embed), engine=engine)
    first = rows(x)
    return _fidelities(first, first if y is None else rows(y))


def projected_gram(
    embed: Embed, x: jax.Array, y: Any = None, *, gamma: Any = 1.0, engine: Any = None
) -> jax.Array:
    r"""The matrix of `projected_kernel` as a JAX function, for ``jit``, ``vmap`` and ``grad``.

    Args:
        embed: As in `fidelity_gram`.
        x: ``[samples, features]``.
        y: Other samples; `x` again by default.
        gamma: Inverse width; may be traced.
        engine: How to run the circuits, as in `qjax.expectation`.

    Returns:
        Real ``[len(x), len(y)]``.

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from qjax.estimators import projected_gram
        >>> embed = lambda x: qjax.Circuit(1).ry(x, [0])
        >>> projected_gram(embed, jnp.array([[0.0], [jnp.pi]]), gamma=0.5)[0, 1].round(4)
        Array(0.3679, dtype=float32)
    """
    rows = functools.partial(_paulis, _partial(embed), engine=engine)
    first = rows(x)
    second = first if y is None else rows(y)
    return _gaussian(jnp.asarray(gamma, first.dtype), first, second)


def samples_of(x: Any, y: Any) -> tuple[np.ndarray, Any]:
    """Both arrays of samples, checked, in JAX's precision."""
    x = _checked_samples(x, "x")
    if y is None:
        return x, None
    y = _checked_samples(y, "y")
    if y.shape[1] != x.shape[1]:
        raise ValueError(
            f"Argument `y` must have the features of `x`, {x.shape[1]}, but has {y.shape[1]}."
        )
    return x, y


def _checked_samples(value: Any, name: str) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"Argument `{name}` must be real numbers, but has dtype {array.dtype}.")
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"Argument `{name}` must have shape (samples, features), each at least 1, but has "
            f"shape {array.shape}."
        )
    wrong = np.flatnonzero(~np.isfinite(array).all(1))
    if wrong.size:
        raise ValueError(f"Argument `{name}` must be finite, but row {wrong[0]} has nan or inf.")
    return array.astype(jax.dtypes.canonicalize_dtype(float))


def _partial(embed: Any) -> Partial:
    """A pytree: weights are its leaves, and the function is part of its structure."""
    if not callable(embed):
        raise TypeError(
            "Argument `embed` must be a function from a sample to a `qjax.Circuit`, but has type "
            f"{type(embed).__name__}."
        )
    return embed if isinstance(embed, Partial) else Partial(embed)


@functools.partial(jax.jit, static_argnames="engine")
def _planes(embed: Partial, x: jax.Array, engine: Any) -> jax.Array:
    """Real and imaginary parts of the states, ``[samples, 2 * 2**n]``."""
    states = jax.vmap(lambda sample: statevector(embed(sample), engine=engine))(x)
    return jnp.concatenate([states.real, states.imag], -1)


@functools.partial(jax.jit, static_argnames="engine")
def _paulis(embed: Partial, x: jax.Array, engine: Any) -> jax.Array:
    """Expectations of X, Y and Z of each qubit, ``[samples, 3 n]``."""

    def sample(x: jax.Array) -> jax.Array:
        circuit = embed(x)
        paulis = [P(q) for q in range(circuit.n_qubits) for P in (X, Y, Z)]
        return expectation(circuit, paulis, engine=engine)

    return jax.vmap(sample)(x)


# Never in TF32 or bfloat16, whose three digits would show in a kernel.
_matmul = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


@jax.jit
def _fidelities(a: jax.Array, b: jax.Array) -> jax.Array:
    """|<a|b>|^2 of states as `_planes` gives them: two real products, not a complex one."""
    real, imaginary = jnp.split(b, 2, axis=-1)
    turned = jnp.concatenate([imaginary, -real], -1)
    return _matmul(a, b.T) ** 2 + _matmul(a, turned.T) ** 2


@jax.jit
def _gaussian(gamma: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    """exp(-gamma / 2 |a - b|^2)."""
    squares = jnp.sum(a**2, -1)[:, None] + jnp.sum(b**2, -1)[None, :] - 2 * _matmul(a, b.T)
    return jnp.exp(-gamma / 2 * jnp.maximum(squares, 0))
