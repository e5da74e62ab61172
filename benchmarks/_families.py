"""The families of workloads: each a function of a name and its sizes."""

import dataclasses
from itertools import combinations

import numpy as np

from benchmarks._circuit import Op, Term, Workload

Generator = np.random.Generator


def qml(name: str, qubits: int, layers: int, batch: int) -> Workload:
    """RY(x) on every qubit; layers of RY, RZ on each and a ring of CNOTs; squared loss of <Z0>."""

    def make(rng: Generator):
        x = rng.uniform(0, np.pi, (batch, qubits))
        y = rng.choice([-1.0, 1.0], batch)
        return rng.uniform(0, 2 * np.pi, layers * qubits * 2), x, y

    layer = (*_each("ry", qubits, 0, 2), *_each("rz", qubits, 1, 2), *_ring(qubits))
    return Workload(name, qubits, _encode("ry", qubits), layer, layers, (), (_z(0),), make)


def deep(name: str, qubits: int, layers: int, batch: int) -> Workload:
    """`qml` at a depth where compile time, memory and rounding show."""
    # Over tens of thousands of gates single precision loses more than two digits.
    return dataclasses.replace(qml(name, qubits, layers, batch), tolerance=1e-3)


def tfim(name: str, qubits: int, layers: int) -> Workload:
    """|+>; layers of RZZ on the open chain and RX; energy of H = -sum Z[i] Z[i+1] - sum X[i]."""
    bonds = [(i, i + 1) for i in range(qubits - 1)]
    layer = [Op("rzz", bond, i) for i, bond in enumerate(bonds)]
    terms = [Term("ZZ", bond, -1.0) for bond in bonds]
    terms += [Term("X", (i,), -1.0) for i in range(qubits)]

    def make(rng: Generator):
        # Small angles: at random ones the energy is close to 0, where a relative error says little.
        return (rng.uniform(0, 0.5, layers * (2 * qubits - 1)),)

    layer += _each("rx", qubits, qubits - 1)
    return Workload(
        name, qubits, _all("h", qubits), tuple(layer), layers, (), tuple(terms), make, seed=21
    )


def state(name: str, qubits: int, layers: int) -> Workload:
    """One large state: the layers of `qml` on |0>, the value of sum Z[i] and its gradient."""
    layer = (*_each("ry", qubits, 0, 2), *_each("rz", qubits, 1, 2), *_ring(qubits))
    terms = tuple(_z(i) for i in range(qubits))

    def make(rng: Generator):
        return (rng.uniform(0, 2 * np.pi, layers * qubits * 2),)

    # The sum of many small expectations of a random state: what cancels is lost.
    return Workload(name, qubits, (), layer, layers, (), terms, make, tolerance=1e-4)


def random(name: str, qubits: int, gates: int) -> Workload:
    """No structure at all: gates, qubits and angles drawn at random; the value of sum Z[i]."""
    rng = np.random.default_rng(23)
    ops: list[Op] = []
    weights = 0
    for gate in rng.choice(["rx", "ry", "rz", "h", "cx", "cz", "rzz"], gates):
        pair = tuple(int(q) for q in rng.choice(qubits, 2, replace=False))
        turns = gate.startswith("r")
        qubits_of = pair if gate in ("cx", "cz", "rzz") else pair[:1]
        ops.append(Op(str(gate), qubits_of, weights if turns else None))
        weights += turns

    def make(rng: Generator):
        return (rng.uniform(0, 2 * np.pi, weights),)

    terms = tuple(_z(i) for i in range(qubits))
    return Workload(name, qubits, tuple(ops), (), 0, (), terms, make, tolerance=1e-4)


def qaoa(name: str, qubits: int, layers: int, graphs: int) -> Workload:
    """QAOA's mean cut energy on random 3-regular graphs, the same angles for all of them.

    The graph is data: a sample is the adjacency of every pair of qubits, so that one program, with
    RZZ on every pair, serves all graphs.
    """
    if qubits % 2 or qubits < 4:
        raise ValueError("3-regular graphs have an even number of nodes, 4 or more")
    pairs = list(combinations(range(qubits), 2))
    cost = tuple(Op("rzz", pair, 0, k) for k, pair in enumerate(pairs))
    mixer = tuple(Op("rx", (i,), 1) for i in range(qubits))
    terms = tuple(Term("ZZ", pair, 1.0, k) for k, pair in enumerate(pairs))

    def make(rng: Generator):
        x = np.stack(
            [_regular_graph(qubits, rng)[np.triu_indices(qubits, 1)] for _ in range(graphs)]
        )
        return rng.uniform(0, 0.5, layers * 2), x

    layer = (*cost, *mixer)
    return Workload(name, qubits, _all("h", qubits), layer, layers, (), terms, make)


def born(name: str, qubits: int, layers: int, batch: int) -> Workload:
    """The circuit Born machine of yardstiq/quantum-benchmarks on a batch of product states.

    RX, RZ; then in each layer a ring of CNOTs and RZ, RX, RZ; a ring; RZ, RX. Their registers all
    start in |0>, which need be run once only: here each sample starts with RY(x) on its qubits. The
    mean of sum Z[i] is read out, for all libraries can.
    """
    n = qubits
    first = (*_encode("ry", n), *_each("rx", n, 0, 2), *_each("rz", n, 1, 2))
    layer = (*_ring(n), *_each("rz", n, 0, 3), *_each("rx", n, 1, 3), *_each("rz", n, 2, 3))
    last = (*_ring(n), *_each("rz", n, 0, 2), *_each("rx", n, 1, 2))

    def make(rng: Generator):
        x = rng.uniform(0, np.pi, (batch, n))
        return rng.uniform(0, 2 * np.pi, (4 + 3 * layers) * n), x

    terms = tuple(_z(i) for i in range(n))
    # The mean over a thousand samples of terms of either sign: what cancels is lost.
    return Workload(name, n, first, layer, layers, last, terms, make, tolerance=1e-4)


def bornforward(name: str, qubits: int, layers: int, batch: int) -> Workload:
    """`born` without a gradient: the mean, and each sample's expectation."""
    return dataclasses.replace(born(name, qubits, layers, batch), answer="value")


def mnist(name: str, qubits: int, layers: int, batch: int) -> Workload:
    """tensorcircuit's batched QML step: RX(x) on all qubits but the last; RZZ(i, last), RX layers.

    The loss is the squared one of <Z> of the last qubit and labels of -1 and 1 (theirs, of 0 and 1,
    is a quarter of it).
    """
    n = qubits
    hub = tuple(Op("rzz", (i, n - 1), i) for i in range(n - 1))

    def make(rng: Generator):
        x = rng.uniform(0, np.pi, (batch, n - 1))
        y = rng.choice([-1.0, 1.0], batch)
        return rng.uniform(0, 2 * np.pi, layers * (2 * n - 1)), x, y

    layer = (*hub, *_each("rx", n, n - 1))
    return Workload(name, n, _encode("rx", n - 1), layer, layers, (), (_z(n - 1),), make)


def gradient(name: str, qubits: int, layers: int) -> Workload:
    """tensorcircuit's published table: layers of a CNOT chain, RX, RZ, RX; gradient of <X...X>."""
    n = qubits
    chain = tuple(Op("cx", (i, i + 1)) for i in range(n - 1))
    layer = (*chain, *_each("rx", n, 0, 3), *_each("rz", n, 1, 3), *_each("rx", n, 2, 3))

    def make(rng: Generator):
        return (rng.uniform(0, 2 * np.pi, layers * n * 3),)

    terms = (Term("X" * n, tuple(range(n))),)
    return Workload(name, n, (), layer, layers, (), terms, make, tolerance=1e-4)


def fisher(name: str, qubits: int, layers: int) -> Workload:
    """The quantum Fisher information of `gradient`'s state."""
    return dataclasses.replace(gradient(name, qubits, layers), answer="fisher")


def hessian(name: str, qubits: int, layers: int) -> Workload:
    """The Hessian of `gradient`'s value."""
    return dataclasses.replace(gradient(name, qubits, layers), answer="hessian")


def chain(name: str, qubits: int, layers: int) -> Workload:
    """`tfim` beyond any statevector: RZZ on even, then on odd bonds, RX; all terms of H."""
    n = qubits
    bonds = [*range(0, n - 1, 2), *range(1, n - 1, 2)]
    layer = tuple(Op("rzz", (i, i + 1), k) for k, i in enumerate(bonds))
    return dataclasses.replace(tfim(name, n, layers), layer=(*layer, *_each("rx", n, n - 1)))


def brick(name: str, qubits: int, layers: int) -> Workload:
    """RY, RZ on every qubit, CX on even or odd bonds in turns; <Z> of the middle qubit."""
    n = qubits
    first: list[Op] = []
    for k in range(layers):
        first += [*_each("ry", n, 2 * n * k, 2), *_each("rz", n, 2 * n * k + 1, 2)]
        first += [Op("cx", (i, i + 1)) for i in range(k % 2, n - 1, 2)]

    def make(rng: Generator):
        # Small angles: at random ones what many layers leave of it is close to 0.
        return (rng.uniform(0, 0.5, layers * n * 2),)

    return Workload(name, n, tuple(first), (), 0, (), (_z(n // 2),), make, tolerance=1e-4)


def grid(name: str, side: int, layers: int) -> Workload:
    """RY, RZ on every site of a square, CZ on one of the four colours of bonds; <Z> of the middle.

    The colours take turns, so that after four layers every bond has had its gate.
    """
    n = side * side
    site = np.arange(n).reshape(side, side)
    across, down = site[:, :-1], site[:-1, :]
    colours = [
        *((across[:, i::2], across[:, i::2] + 1) for i in (0, 1)),
        *((down[i::2, :], down[i::2, :] + side) for i in (0, 1)),
    ]
    first: list[Op] = []
    for k in range(layers):
        turns = [*_each("ry", n, 2 * n * k, 2), *_each("rz", n, 2 * n * k + 1, 2)]
        left, right = colours[k % 4]
        pairs = zip(left.ravel().tolist(), right.ravel().tolist(), strict=True)
        first += [*turns, *(Op("cz", pair) for pair in pairs)]

    def make(rng: Generator):
        return (rng.uniform(0, 1, layers * n * 2),)

    middle = int(site[side // 2, side // 2])
    return Workload(name, n, tuple(first), (), 0, (), (_z(middle),), make, tolerance=1e-4)


def gridamplitude(name: str, side: int, layers: int) -> Workload:
    """`grid`, asked for the probability of all zeros: one amplitude."""
    return dataclasses.replace(grid(name, side, layers), terms=())


def maxcut(name: str, qubits: int, layers: int) -> Workload:
    """QAOA on one random 3-regular graph, too large for a statevector: the sum of <ZZ> on edges."""
    graph = np.triu(_regular_graph(qubits, np.random.default_rng(31)))
    edges = [(int(i), int(j)) for i, j in zip(*np.nonzero(graph), strict=True)]
    layer = (*(Op("rzz", e, 0) for e in edges), *(Op("rx", (i,), 1) for i in range(qubits)))

    def make(rng: Generator):
        return (rng.uniform(0, 0.5, layers * 2),)

    terms = tuple(Term("ZZ", edge) for edge in edges)
    return Workload(name, qubits, _all("h", qubits), layer, layers, (), terms, make, tolerance=1e-4)


def _all(gate: str, n: int) -> tuple[Op, ...]:
    return tuple(Op(gate, (i,)) for i in range(n))


def _each(gate: str, n: int, start: int, stride: int = 1) -> tuple[Op, ...]:
    return tuple(Op(gate, (i,), start + stride * i) for i in range(n))


def _encode(gate: str, n: int) -> tuple[Op, ...]:
    return tuple(Op(gate, (i,), None, i) for i in range(n))


def _ring(n: int) -> tuple[Op, ...]:
    return tuple(Op("cx", (i, (i + 1) % n)) for i in range(n)) if n > 1 else ()


def _z(qubit: int) -> Term:
    return Term("Z", (qubit,))


def _regular_graph(n: int, rng: Generator) -> np.ndarray:
    """Returns the adjacency of a random 3-regular graph, uniform by rejection."""
    while True:
        ends = rng.permutation(np.repeat(np.arange(n), 3)).reshape(-1, 2)
        adjacency = np.zeros((n, n))
        np.add.at(adjacency, (ends[:, 0], ends[:, 1]), 1)
        adjacency += adjacency.T
        if adjacency.max() == 1 and not adjacency.diagonal().any():
            return adjacency


FAMILIES = {
    f.__name__: f
    for f in (
        qml, deep, tfim, state, random, qaoa, born, bornforward, mnist, gradient, fisher, hessian,
        chain, brick, grid, gridamplitude, maxcut,
    )
}  # fmt: skip
