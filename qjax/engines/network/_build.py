"""The network of what each verb asks: its tensors, and the indices of the result."""

from __future__ import annotations

from collections.abc import Sequence

from qjax.circuit import Word
from qjax.engines.network._alike import ordered
from qjax.engines.network._gates import Gates, Half, Source, Tensor
from qjax.engines.network._path import Network

Built = tuple[list[Tensor], tuple[int, ...]]


def amplitudes(gates: Gates) -> Built:
    """A number: the state against bits, whose vectors are row q of the source ``"bits"``."""
    half = gates.half(gates.uses, range(gates.n_qubits))
    ends = [Tensor(Source("bits"), q, (i,)) for q, i in half.ends.items()]
    return [*half.tensors, *ends], ()


def state(gates: Gates) -> Built:
    """All amplitudes."""
    half = gates.half(gates.uses, range(gates.n_qubits))
    return half.tensors, tuple(half.ends[q] for q in range(gates.n_qubits))


def unitary(gates: Gates) -> Built:
    """The matrix: outputs, then inputs."""
    n = gates.n_qubits
    half = gates.half(gates.uses, range(n), open_start=True)
    tensors, size, ends = list(half.tensors), half.size, []
    for q in range(n):
        ends.append(half.ends[q])
        if half.ends[q] == half.starts[q]:  # Both are one index so far.
            ends[q], size = size, size + 1
            tensors.append(Tensor(Source("same"), 0, (ends[q], half.starts[q])))
    return tensors, (*ends, *(half.starts[q] for q in range(n)))


def marginal(
    gates: Gates, qubits: Sequence[int], given: Sequence[int] = (), *, diagonal: bool
) -> Built:
    """The density matrix of some qubits, or its diagonal, where others have given values.

    The vector of a given value is row q of the source ``"bits"``.
    """
    seen = sum(1 << q for q in (*qubits, *given))
    half = _cone_half(gates, seen, 0 if diagonal else seen)
    bra = {i: i + half.size for i in range(half.size)}
    bra |= {i: i for q, i in half.ends.items() if diagonal or q not in qubits}
    ends = [half.ends[q] for q in qubits]
    tensors = [*half.tensors, *(gates.conjugate(t, bra) for t in half.tensors)]
    tensors += [Tensor(Source("bits"), q, (half.ends[q],)) for q in given]
    return tensors, (*ends, *([] if diagonal else [bra[i] for i in ends]))


def expectation(gates: Gates, word: Word) -> Built:
    """A number: the state against the word applied to it.

    Tensors and indices are in an order that does not depend on the qubits' names, so that terms
    whose light cones look alike are one network.
    """
    half = _cone_half(gates, word.x | word.z, word.x)
    letters = {}
    for q, i in half.ends.items():
        letter = word.letter(q)
        if letter:
            letters[i] = " XZY"[letter]
    kets, name = ordered(half.tensors, letters)
    bra = {i: j + half.size for i, j in name.items()}
    bra |= {i: name[i] for i in half.ends.values() if letters.get(i, "Z") == "Z"}
    tensors = [t._replace(indices=tuple(name[i] for i in t.indices)) for t in kets]
    tensors += [gates.conjugate(t, bra) for t in kets]
    for i in sorted(letters, key=name.__getitem__):
        places = (name[i],) if letters[i] == "Z" else (bra[i], name[i])
        tensors.append(Tensor(Source(letters[i]), 0, places))
    return tensors, ()


def shape_of(tensors: Sequence[Tensor], output: tuple[int, ...]) -> Network:
    """What a path is searched for: indices alone, named by first appearance."""
    name: dict[int, int] = {}
    inputs = tuple(tuple(name.setdefault(i, len(name)) for i in t.indices) for t in tensors)
    return Network(inputs, tuple(name[i] for i in output))


def _cone_half(gates: Gates, seen: int, mixed: int) -> Half:
    uses = gates.cone(seen, mixed)
    for use in uses:
        seen |= use.acts
    return gates.half(uses, (q for q in range(gates.n_qubits) if seen >> q & 1))
