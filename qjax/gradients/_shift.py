"""The parameter-shift rule: derivatives from values at shifted angles, as on hardware."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Operation, Repeat, Slot, Structure
from qjax.kernels import Evolve, run


@dataclasses.dataclass(frozen=True)
class ParameterShift:
    r"""Derivatives as differences of values at shifted angles, exact for any known generator.

    A value is a trigonometric polynomial of an angle, whose frequencies :math:`\Omega_r` are the
    gaps of the generator's spectrum, and

    .. math:: f'(\theta) = \sum_{r=1}^R c_r [f(\theta + s_r) - f(\theta - s_r)],

    where the coefficients solve :math:`\sum_r 2 c_r \sin(\Omega_q s_r) = \Omega_q`. It costs 2R
    runs for each angle of each use of a gate, ``chunk`` of them at once.

    Args:
        chunk: Number of shifted circuits run at once.

    References:
        Wierichs, Izaac, Wang and Lin, arXiv 2107.12390, section 3.

    Example:
        >>> import jax, qjax
        >>> energy = lambda t: qjax.expectation(
        ...     qjax.Circuit(1).rx(t, 0), qjax.Z(0), gradient=qjax.ParameterShift())
        >>> round(float(jax.grad(energy)(0.5)), 5)
        -0.47943
    """

    chunk: int = 16
    verbs: ClassVar[frozenset[str] | None] = frozenset(
        {"expectation", "probabilities", "density_matrix"}
    )

    def evaluate(self, function: Callable[[Any, Evolve], Any], circuit: Circuit) -> Any:
        """Evaluates a function of a circuit; its derivatives shift the angles."""
        expanded, frequencies = _expand(circuit)
        structure, leaves = expanded.structure, expanded.leaves
        shifted = [i for i, f in enumerate(frequencies) if f is not None]
        fixed = {i: _fixed(leaf) for i, leaf in enumerate(leaves) if i not in shifted}
        shapes = [leaves[i].shape for i in shifted]
        flat = [jnp.ravel(leaves[i]) for i in shifted]
        if not flat:
            return function(circuit, run)
        dtype = jnp.result_type(*flat)
        rules = [r for i in shifted for r in frequencies[i]]

        def value(angles: jax.Array, fixed: dict[int, jax.Array]) -> Any:
            parts = jnp.split(angles, np.cumsum([int(np.prod(s)) for s in shapes])[:-1])
            whole = dict(fixed)
            whole |= {i: p.reshape(s) for i, p, s in zip(shifted, parts, shapes, strict=True)}
            return function(
                Circuit.from_parts(structure, [whole[i] for i in range(len(leaves))]), run
            )

        angles = jnp.concatenate([f.astype(dtype) for f in flat])
        return _shifted(value, rules, self.chunk)(angles, fixed)


def _shifted(value: Callable[..., Any], rules: list[Any], chunk: int) -> Callable[..., Any]:
    """The function with the shift rule as its derivative, forward and reverse, to any order."""
    positions, shifts, weights = [], [], []
    for position, frequencies in enumerate(rules):
        for shift, weight in zip(*shift_rule(frequencies), strict=True):
            positions += [position] * 2
            shifts += [shift, -shift]
            weights += [weight, -weight]
    n_angles = len(rules)

    @jax.custom_jvp
    def function(angles: jax.Array, fixed: Any) -> jax.Array:
        return value(angles, fixed)

    @function.defjvp
    def derivative(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
        (angles, fixed), (tangent, _) = primals, tangents  # What is fixed has no tangent.

        def one(step: tuple[jax.Array, jax.Array]) -> jax.Array:
            return function(angles.at[step[0]].add(step[1]), fixed)  # Itself: to any order.

        index = jnp.asarray(positions, jnp.int32)
        steps = (index, jnp.asarray(shifts, angles.dtype))
        terms = jax.lax.map(one, steps, batch_size=min(chunk, len(positions)))
        einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)
        scaled = einsum("s,s...->s...", jnp.asarray(weights, terms.dtype), terms)
        slopes = jnp.zeros((n_angles, *terms.shape[1:]), terms.dtype).at[index].add(scaled)
        slope = einsum("p,p...->...", tangent.astype(terms.dtype), slopes)
        return function(angles, fixed), slope

    return function


@jax.custom_jvp
def _fixed(leaf: jax.Array) -> jax.Array:
    """A parameter that has no shift rule; it may be traced, but not differentiated."""
    return leaf


@functools.partial(_fixed.defjvp, symbolic_zeros=True)
def _fixed_jvp(primals: Any, tangents: Any) -> Any:
    if isinstance(tangents[0], jax.custom_derivatives.SymbolicZero):
        return primals[0], jnp.zeros(tangents[0].shape, tangents[0].dtype)
    raise ValueError(
        "Gradient `ParameterShift` does not support derivatives in a matrix, nor in an angle of a "
        "gate whose generator is not known. Consider `gradient=Adjoint()` or `Backprop()` instead."
    )


def shift_rule(frequencies: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Shifts and coefficients of the rule for the given frequencies.

    Example:
        >>> from qjax.gradients import shift_rule
        >>> [v.round(4).tolist() for v in shift_rule((1.0,))]
        [[1.5708], [0.5]]
    """
    omega = np.asarray(frequencies)
    if not len(omega):
        return np.zeros(0), np.zeros(0)
    # Evenly spread over half a period of the slowest wave; best for equally spaced frequencies.
    count = len(omega)
    shifts = (2 * np.arange(1, count + 1) - 1) * np.pi / (2 * count * omega[0])
    if count > 1 and abs(np.linalg.det(np.sin(np.outer(omega, shifts)))) < 1e-3:
        shifts = np.arange(1, count + 1) * np.pi / ((count + 1) * omega[-1])
    return shifts, np.linalg.solve(2 * np.sin(np.outer(omega, shifts)), omega)


def _expand(circuit: Circuit) -> tuple[Circuit, list[Any]]:
    """The circuit with a leaf for each parameter and an entry for each use, and their frequencies.

    Returns:
        The circuit, and for each leaf the frequencies of each of its entries, or None where the
        parameter has no rule.
    """
    frequencies: list[Any] = []

    def visit(
        structure: Structure, leaves: tuple[Any, ...], rounds: tuple[int, ...]
    ) -> tuple[Structure, list[Any]]:
        items: list[Any] = []
        kept: list[Any] = []
        for item in structure.items:
            if isinstance(item, Repeat):
                inner = leaves[item.start : item.start + item.body.n_leaves]
                body, added = visit(item.body, inner, (*rounds, item.length))
                items.append(item._replace(body=body, start=len(kept)))
                kept += added
            elif isinstance(item, Operation):
                gaps = item.gate.frequencies or (None,) * len(item.slots)
                slots = tuple(Slot(len(kept) + i) for i in range(len(item.slots)))
                for slot, rule in zip(item.slots, gaps, strict=True):
                    value = _one_a_use(leaves, slot, item, rounds)
                    kept.append(value)
                    frequencies.append(None if rule is None else [rule] * value.size)
                items.append(item._replace(slots=slots))
            else:
                items.append(item)
        return Structure(structure.n_qubits, tuple(items), len(kept)), kept

    structure, leaves = visit(circuit.structure, circuit.leaves, ())
    return Circuit.from_parts(structure, leaves), frequencies


def _one_a_use(
    leaves: tuple[Any, ...], slot: Slot, item: Operation, rounds: tuple[int, ...]
) -> jax.Array:
    leaf = jnp.asarray(leaves[slot.leaf])
    value = leaf if slot.entry is None else leaf[..., slot.entry]
    shape = (*rounds, len(item.qubits), *item.gate.event_shape)
    if value.ndim < len(shape):
        value = jnp.expand_dims(value, len(rounds))
    return jnp.broadcast_to(value, shape)
