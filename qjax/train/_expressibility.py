"""What an ansatz can reach with random angles: how many states, and how entangled ones."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, X, Y, Z
from qjax.measure import expectation, statevector

Build = Callable[[jax.Array], Circuit]
"""From angles to a circuit."""

_AT_ONCE = 2**16  # Amplitudes.


def expressibility(
    build: Build, shape: tuple[int, ...], key: jax.Array, *, pairs: int = 5000, bins: int = 75
) -> jax.Array:
    r"""Returns how far the states of an ansatz are from all states alike, in nats.

    The fidelities $F = |\langle\psi(\theta)|\psi(\phi)\rangle|^2$ of random pairs are counted in
    equal bins of [0, 1], and compared with those of Haar random states of dimension N:

    $$D\bigl(\hat P(F) \,\|\, P_{\mathrm{Haar}}(F)\bigr), \qquad
      P_{\mathrm{Haar}}(F) = (N - 1)(1 - F)^{N - 2}$$

    It is 0 for an ansatz that reaches all states alike, and $(N - 1) \log(\mathrm{bins})$ for one
    that reaches a single one. With finite pairs it is larger, by about bins / (2 pairs), and varies
    with the key: take the mean over some.

    Args:
        build: Takes angles of that shape to a circuit.
        shape: Shape of the angles, which are uniform in [0, 2 pi).
        key: Random key; `jax.vmap` over keys gives independent estimates.
        pairs: Number of pairs of states.
        bins: Number of bins.

    Returns:
        A scalar, at least 0.

    Raises:
        ValueError: If there are no pairs or fewer than two bins.

    References:
        Sim, Johnson and Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070 (2019), arXiv 1905.10876.

    Example:
        >>> import jax, qjax
        >>> from qjax.train import expressibility
        >>> def turned(angles):
        ...     return qjax.Circuit(1).ry(angles[0], 0).rz(angles[1], 0)
        >>> print(f"{expressibility(turned, (2,), jax.random.key(0)):.1f}")
        0.1
    """
    _check("pairs", pairs, 1)
    _check("bins", bins, 2)
    size = 2 ** _qubits(build, shape)

    def fidelity(angles: jax.Array) -> jax.Array:
        one, other = (statevector(build(each)) for each in angles)
        return jnp.abs(jnp.vdot(one, other, precision="highest")) ** 2

    found = _sampled(fidelity, (2, *shape), key, pairs, size)
    places = jnp.clip(jnp.floor(found * bins).astype(jnp.int32), 0, bins - 1)
    p = jnp.zeros(bins, found.dtype).at[places].add(1.0 / pairs)
    log_q = jnp.asarray(_haar(size, bins), found.dtype)
    return jnp.sum(jax.scipy.special.xlogy(p, p) - p * log_q)


def entangling_capability(
    build: Build, shape: tuple[int, ...], key: jax.Array, *, samples: int = 5000
) -> tuple[jax.Array, jax.Array]:
    r"""Returns the mean Meyer-Wallach entanglement of an ansatz over random angles.

    $$\bar Q = \mathbb{E}_\theta\, Q(\psi(\theta)), \qquad
      Q = \frac2n \sum_k \bigl(1 - \operatorname{Tr} \rho_k^2\bigr)$$

    Args:
        build: Takes angles of that shape to a circuit.
        shape: Shape of the angles, which are uniform in [0, 2 pi).
        key: Random key.
        samples: Number of states, at least 2.

    Returns:
        The mean, from 0 (products) to 1, and its standard error.

    Raises:
        ValueError: If there are fewer than two samples.

    References:
        Sim, Johnson and Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070 (2019), arXiv 1905.10876.

    Example:
        >>> import jax, qjax
        >>> from qjax.train import entangling_capability
        >>> def pair(angles):
        ...     return qjax.Circuit(2).ry(angles[0], 0).cx(0, 1)
        >>> mean, error = entangling_capability(pair, (1,), jax.random.key(0))
        >>> bool(abs(mean - 0.5) < 4 * error)  # Q is the mean of sin(angle)^2.
        True
    """
    _check("samples", samples, 2)
    size = 2 ** _qubits(build, shape)
    found = _sampled(lambda angles: meyer_wallach(build(angles)), shape, key, samples, size)
    return jnp.mean(found), jnp.std(found, ddof=1) / samples**0.5


def meyer_wallach(circuit: Circuit) -> jax.Array:
    r"""Returns the Meyer-Wallach entanglement of the state that a circuit prepares.

    $$Q = \frac2n \sum_k \bigl(1 - \operatorname{Tr} \rho_k^2\bigr)
      = 1 - \frac1n \sum_k \bigl(\langle X_k\rangle^2 + \langle Y_k\rangle^2
        + \langle Z_k\rangle^2\bigr)$$

    for the n qubits' own density matrices $\rho_k$. Only single-qubit expectation values are
    needed, so that wide circuits of few layers are no harder than their light cones.

    Args:
        circuit: The circuit.

    Returns:
        A scalar, 0 for a product state and 1 where every qubit is maximally mixed.

    References:
        Meyer and Wallach, J. Math. Phys. 43, 4273 (2002); in this form Brennen, Quantum Inf.
        Comput. 3, 619 (2003).

    Example:
        >>> import qjax
        >>> from qjax.train import meyer_wallach
        >>> print(f"{meyer_wallach(qjax.Circuit(3).h(0).cx([0, 1], [1, 2])):.4f}")
        1.0000
    """
    letters = [letter(q) for letter in (X, Y, Z) for q in range(circuit.n_qubits)]
    return 1 - jnp.sum(expectation(circuit, letters) ** 2) / circuit.n_qubits


def _sampled(
    function: Callable[[jax.Array], jax.Array],
    shape: tuple[int, ...],
    key: jax.Array,
    samples: int,
    size: int,
) -> jax.Array:
    """The function at random angles, some at a time."""
    angles = 2 * jnp.pi * jax.random.uniform(key, (samples, *shape))
    return jax.lax.map(function, angles, batch_size=max(1, min(samples, _AT_ONCE // size)))


def _haar(size: int, bins: int) -> np.ndarray:
    """Logarithms of the probabilities of the bins for Haar random states: they may underflow."""
    edges = np.arange(bins + 1) / bins
    rest, power = 1 - edges, size - 1
    return power * np.log(rest[:-1]) + np.log1p(-((rest[1:] / rest[:-1]) ** power))


def _qubits(build: Build, shape: tuple[int, ...]) -> int:
    return jax.eval_shape(build, jax.ShapeDtypeStruct(shape, jnp.result_type(float))).n_qubits


def _check(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"Argument `{name}` must be at least {least}, but is {value}.")
