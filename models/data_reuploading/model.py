"""The circuit, the states that stand for classes, and the two costs of the paper."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import qjax
from qjax.data import REGIONS

from .config import Config

Params = dict[str, jax.Array]

# Which of the angles of a layer get a feature: a point of four dimensions takes two gates.
_SLOTS = {2: (0, 1), 3: (0, 1, 2), 4: (0, 1, 3, 4)}


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Shapes of the parameters: shifts, scales, and the weights of the classes."""
    region = REGIONS[config.problem]
    layers = (config.layers, config.qubits)
    angles = 3 if region.dimensions <= 3 else 6
    found = {"theta": (*layers, angles), "alpha": (*layers, region.dimensions)}
    return found | ({"weights": (region.classes, config.qubits)} if _weighted(config) else {})


def initial(config: Config, key: jax.Array) -> Params:
    """Parameters drawn as the authors draw them: uniform in [0, 1), weights 1."""
    keys = dict(zip(("theta", "alpha"), jax.random.split(key), strict=True))
    return {
        name: jax.random.uniform(keys[name], shape) if name in keys else jnp.ones(shape)
        for name, shape in shapes(config).items()
    }


def published(config: Config, seed: int = 30) -> Params:
    """The very parameters that the authors' code begins with: what NumPy draws after the data."""
    region = REGIONS[config.problem]
    random = np.random.RandomState(seed)
    random.rand(region.train + 4000, region.dimensions)

    def draw(shape: tuple[int, ...]) -> jax.Array:
        layers, qubits, last = shape
        # Their arrays have the qubits first.
        return jnp.asarray(random.rand(qubits, layers, last).transpose(1, 0, 2), jnp.float32)

    found = shapes(config)
    drawn = {name: draw(found[name]) for name in ("theta", "alpha")}
    return drawn | {n: jnp.ones(shape) for n, shape in found.items() if n == "weights"}


def build(params: Params, x: jax.Array, *, entangled: bool = False) -> qjax.Circuit:
    r"""The circuit of one point x ``[d]``: layers of the gate

    .. math:: U(\theta + \alpha x), \quad U(a) = RZ(-a_2) \, RY(a_1) \, RZ(-a_3)

    on every qubit, and CZ between layers if entangled: on the only pair of two qubits; on
    (0, 1), (2, 3) and (1, 2), (0, 3) in turn of four.
    """
    theta, alpha = params["theta"], params["alpha"]
    layers, n, width = theta.shape
    slots = np.array(_SLOTS[len(x)])
    angles = theta.at[..., slots].add(alpha * x[None, None])
    angles = angles.reshape(layers, n, width // 3, 3)
    patterns = _PAIRS[n] if entangled else ((),)
    rounds, period = (layers - 1) // len(patterns), len(patterns)

    def turn(circuit: qjax.Circuit, a: jax.Array) -> qjax.Circuit:
        for gate in range(a.shape[1]):
            # As U(a), but for a phase.
            circuit = circuit.u(a[:, gate, 0], -a[:, gate, 1], -a[:, gate, 2], range(n))
        return circuit

    def layer(circuit: qjax.Circuit, a: jax.Array, pairs: tuple) -> qjax.Circuit:
        circuit = turn(circuit, a)
        return circuit.cz(*zip(*pairs, strict=True)) if pairs else circuit

    def body(circuit: qjax.Circuit, a: jax.Array) -> qjax.Circuit:
        for k, pairs in enumerate(patterns):
            circuit = layer(circuit, a[k], pairs)
        return circuit

    circuit = qjax.Circuit(n)
    if rounds:
        whole = angles[: rounds * period].reshape(rounds, period, *angles.shape[1:])
        circuit = circuit.repeat(body, whole)
    for k in range(rounds * period, layers - 1):
        circuit = layer(circuit, angles[k], patterns[k % period])
    return turn(circuit, angles[-1])


_PAIRS = {2: (((0, 1),),), 4: (((0, 1), (2, 3)), ((1, 2), (0, 3)))}


def class_states(classes: int, qubits: int = 1) -> np.ndarray:
    """States that stand for the classes, ``[classes, 2**qubits]``.

    On one qubit they are as far from each other as can be: the poles, a triangle or a tetrahedron
    on the sphere. On more they are basis states; all zeros and all ones where there are two.
    """
    if qubits == 1:
        if classes == 2:
            return np.eye(2, dtype=complex)
        if classes == 3:
            return np.array([[1, 0], [1 / 2, np.sqrt(3 / 4)], [1 / 2, -np.sqrt(3 / 4)]], complex)
        phases = np.exp(2j * np.pi / 3 * np.arange(3))
        rest = np.stack([np.full(3, np.sqrt(1 / 3)), np.sqrt(2 / 3) * phases], axis=1)
        return np.concatenate([[[1, 0]], rest])
    if classes == 2:
        index = [0, 2**qubits - 1]
    else:
        # The authors count basis states with qubit 0 as the last bit.
        index = [int(f"{k:0{qubits}b}"[::-1], 2) for k in range(classes)]
    return np.eye(2**qubits, dtype=complex)[index]


def class_targets(classes: int) -> np.ndarray:
    """What fidelities should be, ``[classes, classes]``: 1, and the overlap of the states."""
    other = {2: 0, 3: 1 / 4, 4: 1 / 3}[classes]
    return np.where(np.eye(classes, dtype=bool), 1.0, other)


def scores(config: Config, params: Params, x: jax.Array, engine: Any = None) -> jax.Array:
    r"""What the class of one point is chosen by, ``[classes]``; the largest wins.

    Fidelity: :math:`|\langle c | \psi(x) \rangle|` for the state c of each class. Weighted:
    :math:`\sum_q w_{cq} \langle c | \rho_q(x) | c \rangle`, over the qubits' own states.
    """
    circuit = build(params, x, entangled=config.entangled)
    classes = REGIONS[config.problem].classes
    if not _weighted(config):
        states = jnp.asarray(class_states(classes, config.qubits).conj())
        return jnp.abs(states @ qjax.statevector(circuit, engine=engine))
    paulis = [pauli(q) for q in range(config.qubits) for pauli in (qjax.X, qjax.Y, qjax.Z)]
    vectors = qjax.expectation(circuit, paulis, engine=engine).reshape(config.qubits, 3)
    directions = jnp.asarray(_bloch(class_states(classes)), vectors.dtype)
    fidelities = (1 + directions @ vectors.T) / 2
    return jnp.sum(params["weights"] * fidelities, axis=1)


def cost(config: Config, params: Params, inputs: jax.Array, labels: jax.Array) -> jax.Array:
    r"""The mean cost of points ``[n, d]``, as the authors' code has it.

    Fidelity: :math:`1 - |\langle y | \psi(x) \rangle|`. Weighted, with scores s and targets Y:
    :math:`\frac12 \sum_c (s_c - Y_{yc})^2`.
    """
    found = jax.vmap(lambda x: scores(config, params, x))(inputs)
    if not _weighted(config):
        return 1 - jnp.mean(jnp.take_along_axis(found, labels[:, None], axis=1))
    targets = jnp.asarray(class_targets(found.shape[1]), found.dtype)[labels]
    return jnp.mean(jnp.sum((found - targets) ** 2, axis=1)) / 2


def _weighted(config: Config) -> bool:
    return config.cost == "weighted"


def _bloch(states: np.ndarray) -> np.ndarray:
    """Points of the sphere, ``[k, 3]``, of states ``[k, 2]``."""
    cross = states[:, 0].conj() * states[:, 1]
    z = np.abs(states[:, 0]) ** 2 - np.abs(states[:, 1]) ** 2
    return np.stack([2 * cross.real, 2 * cross.imag, z], axis=1)
