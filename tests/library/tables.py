"""Each circuit of the library beside the gates that it stands for, written out one by one."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import qjax
from qjax import library
from tests.oracle import Operation

N = 3
CHAIN = [(0, 1), (1, 2)]
RING = [(0, 1), (1, 2), (2, 0)]
FULL = [(0, 1), (0, 2), (1, 2)]


class Case(NamedTuple):
    """A builder of one vector of `size` numbers, on N qubits, and its gates."""

    name: str
    size: int
    build: Callable
    gates: Callable[[np.ndarray], list[Operation]]


def circuit():
    return qjax.Circuit(N)


def each(name, *angles):
    """One gate a qubit; each argument has one angle a qubit."""
    return [(name, values, (q,)) for q, values in enumerate(zip(*angles, strict=True))]


def hadamards():
    return [("h", (), (q,)) for q in range(N)]


def joined(gate, pairs):
    return [(gate, (), pair) for pair in pairs]


def angles(x):
    return each("rx", x)


def iqp(pairs, depth):
    def gates(x):
        products = [("rzz", (x[a] * x[b],), (a, b)) for a, b in pairs]
        return depth * (hadamards() + each("rz", x) + products)

    return gates


def zz(pairs, reps):
    def gates(x):
        layer = hadamards() + each("p", 2 * x)
        for a, b in pairs:
            phase = ("p", (2 * (np.pi - x[a]) * (np.pi - x[b]),), (b,))
            layer += [("cx", (), (a, b)), phase, ("cx", (), (a, b))]
        return reps * layer

    return gates


def reuploading(values):
    x, weights, scales = values[:N], *values[N:].reshape(2, 2, N, 3)
    ops = []
    for w, s in zip(weights, scales, strict=True):
        a = w + s * x[:, None]
        ops += each("rz", a[:, 0]) + each("ry", a[:, 1]) + each("rz", a[:, 2]) + joined("cz", RING)
    return ops


def build_reuploading(values):
    weights, scales = values[N:].reshape(2, 2, N, 3)
    return library.data_reuploading(circuit(), values[:N], weights, scales)


def reuploading_wide(values):
    x, weights = values[: 3 * N].reshape(N, 3), values[3 * N :].reshape(N, 3)
    a = weights + x
    return each("rz", a[:, 0]) + each("ry", a[:, 1]) + each("rz", a[:, 2]) + joined("cx", CHAIN)


def build_reuploading_wide(values):
    x, weights = values[: 3 * N].reshape(N, 3), values[3 * N :].reshape(1, N, 3)
    return library.data_reuploading(circuit(), x, weights, entangler="chain", gate="cx")


def efficient(pairs, gate, rotations):
    def gates(values):
        ops = []
        for w in values.reshape(-1, N, len(rotations)):
            for k, rotation in enumerate(rotations):
                ops += each(rotation, w[:, k])
            ops += joined(gate, pairs)
        return ops

    return gates


def build_efficient(rotations, **options):
    def build(values):
        weights = values.reshape(-1, N, len(rotations))
        return library.hardware_efficient(circuit(), weights, rotations, **options)

    return build


def strong(ranges):
    def gates(values):
        ops = []
        for w, r in zip(values.reshape(-1, N, 3), ranges, strict=True):
            for q, (phi, theta, omega) in enumerate(w):
                ops += [("rz", (phi,), (q,)), ("ry", (theta,), (q,)), ("rz", (omega,), (q,))]
            ops += [("cx", (), (q, (q + r) % N)) for q in range(N)]
        return ops

    return gates


def build_strong(values):
    return library.strongly_entangling(circuit(), values.reshape(-1, N, 3))


def two_qubit(w, a, b):
    """Any gate on two qubits, from 15 angles."""
    ops = []
    for q, angles in ((a, w[:3]), (b, w[3:6])):
        ops += [(f"r{x}", (t,), (q,)) for x, t in zip("zyz", angles, strict=True)]
    ops += [(f"r{x}{x}", (t,), (a, b)) for x, t in zip("xyz", w[6:9], strict=True)]
    for q, angles in ((a, w[9:12]), (b, w[12:])):
        ops += [(f"r{x}", (t,), (q,)) for x, t in zip("zyz", angles, strict=True)]
    return ops


def pooled(w, kept, measured):
    ops = [(f"r{x}", (t,), (kept,)) for x, t in zip("zyz", w[:3], strict=True)]
    return ops + [(f"cr{x}", (t,), (measured, kept)) for x, t in zip("zyz", w[3:], strict=True)]


def convolutional(values):
    """Two layers of convolutions, then a pooling that leaves 0 and 2."""
    ops = []
    for w in values[:30].reshape(2, 15):
        ops += two_qubit(w, 0, 1) + two_qubit(w, 1, 2)
    return ops + pooled(values[30:], 0, 1)


def build_convolutional(values):
    return library.quantum_convolutional(circuit(), values[None])


COST = [(0.4, ""), (-0.7, "Z"), (0.5, "ZIZ"), (0.9, "ZZZ"), (0.3, "IIZ"), (-0.2, "ZIZ")]


def pauli_sum(terms):
    return qjax.PauliSum.from_words([c for c, _ in terms], [word for _, word in terms])


def evolved(terms, time):
    """exp(-i c P t) for each term in turn."""
    ops = []
    for c, word in terms:
        letters, qubits = word.replace("I", ""), [q for q, a in enumerate(word) if a != "I"]
        ops.append(("pauli_rotation", (2 * c * time, letters or "I"), tuple(qubits) or (0,)))
    return ops


def alternating(values):
    ops = hadamards()
    for gamma, beta in values.reshape(2, 2).T:
        ops += evolved(COST, gamma) + each("rx", np.full(N, 2 * beta))
    return ops


def build_alternating(values):
    return library.qaoa(circuit(), pauli_sum(COST), values[:2], values[2:])


MIXED = [(0.4, "XXI"), (0.6, "IXX"), (0.5, ""), (-0.3, "Z"), (0.8, "XYZ"), (0.2, "IYI")]


def product_formula(order, steps):
    def gates(values):
        s = values[0] / steps
        if order == 1:
            return hadamards() + steps * evolved(MIXED, s)
        half = evolved(MIXED, s / 2)
        return hadamards() + steps * (half + half[::-1])

    return gates


def build_formula(order, steps):
    return lambda v: library.trotter(
        circuit().h(range(N)), pauli_sum(MIXED), v[0], steps, order=order
    )


CASES = [
    Case("angle", N, lambda x: library.angle_encoding(circuit(), x, rotation="rx"), angles),
    Case("iqp", N, lambda x: library.iqp_encoding(circuit(), x), iqp(FULL, 1)),
    Case(
        "iqp-twice",
        N,
        lambda x: library.iqp_encoding(circuit(), x, depth=2, pairs=[(2, 0)]),
        iqp([(2, 0)], 2),
    ),
    Case("zz-full", N, lambda x: library.zz_feature_map(circuit(), x), zz(FULL, 2)),
    Case(
        "zz-linear",
        N,
        lambda x: library.zz_feature_map(circuit(), x, reps=1, entanglement="linear"),
        zz(CHAIN, 1),
    ),
    Case(
        "zz-circular",
        N,
        lambda x: library.zz_feature_map(circuit(), x, reps=1, entanglement="circular"),
        zz(RING, 1),
    ),
    Case("reuploading", N + 12 * N, build_reuploading, reuploading),
    Case("reuploading-wide", 6 * N, build_reuploading_wide, reuploading_wide),
    Case("efficient-ring", 12, build_efficient(("ry", "rz")), efficient(RING, "cx", ("ry", "rz"))),
    Case(
        "efficient-full",
        3,
        build_efficient(("rx",), entangler="full", gate="iswap"),
        efficient(FULL, "iswap", ("rx",)),
    ),
    Case("strong", 45, build_strong, strong([1, 2, 1, 2, 1])),
    Case("convolutional", 36, build_convolutional, convolutional),
    Case("qaoa", 4, build_alternating, alternating),
    Case("trotter-1", 1, build_formula(1, 2), product_formula(1, 2)),
    Case("trotter-2", 1, build_formula(2, 2), product_formula(2, 2)),
]
