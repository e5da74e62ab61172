"""Unitary coupled cluster: excitations, and the circuit that they make."""

from __future__ import annotations

import functools
import itertools
from typing import Any, NamedTuple

import jax
import numpy as np

from qjax.chemistry._encoding import Encoding, jordan_wigner
from qjax.chemistry._excitations import Excitation, determinant, grouped
from qjax.chemistry._fermions import applied
from qjax.chemistry._integrals import Integrals, mp2_amplitudes
from qjax.circuit import Circuit, Gate, bits

# Doubles whose first amplitude is this small are forbidden by a symmetry of the molecule.
_FORBIDDEN = 1e-8


class Ansatz(NamedTuple):
    r"""A product of excitations on a determinant.

    .. math:: |\theta\rangle = \prod_k e^{\theta_k (T_k - T_k^\dagger)} |\mathrm{HF}\rangle

    The first group of excitations acts first.

    Attributes:
        n_orbitals: Number of orbitals; there are twice as many modes.
        electrons: How many electrons have spin up and spin down in the determinant.
        groups: The excitations of each parameter, which act one after another.
        start: A first guess of the parameters, ``[groups]``.
    """

    n_orbitals: int
    electrons: tuple[int, int]
    groups: tuple[tuple[Excitation, ...], ...]
    start: np.ndarray

    @property
    def excitations(self) -> tuple[Excitation, ...]:
        """The excitations of all groups."""
        return tuple(itertools.chain.from_iterable(self.groups))

    @property
    def owners(self) -> np.ndarray:
        """For each excitation, the position of its parameter."""
        return np.repeat(np.arange(len(self.groups)), [len(group) for group in self.groups])

    def circuit(self, parameters: Any, encoding: Encoding | None = None) -> Circuit:
        """The ansatz as a circuit, exact, on twice as many qubits as orbitals.

        Each excitation is one gate on the qubits of its modes, between ladders of CX that collect
        the parity of the modes in between; another encoding than that of Jordan and Wigner is a
        network of CX at the end.

        Args:
            parameters: Real ``[groups]``, possibly traced.
            encoding: How modes are encoded in qubits; ``jordan_wigner`` by default.

        Raises:
            ValueError: If the parameters have another shape, the encoding other modes, or an
                excitation modes that there are not, or one twice.

        References:
            Yordanov, Arvidsson-Shukur and Barnes, arXiv 2005.14475.

        Example:
            >>> import qjax
            >>> from qjax.chemistry import Ansatz, Excitation, bravyi_kitaev
            >>> pair = Ansatz(2, (1, 1), ((Excitation((2, 3), (1, 0)),),), [0.0])
            >>> pair.circuit([0.3], bravyi_kitaev(4)).count_ops()
            {'x': 2, 'excitation': 1, 'cx': 4}
        """
        modes = 2 * self.n_orbitals
        encoding = jordan_wigner(modes) if encoding is None else encoding
        if encoding.n_modes != modes:
            raise ValueError(
                f"Argument `encoding` must have {modes} modes, but has {encoding.n_modes}."
            )
        parameters = parameters if isinstance(parameters, jax.Array) else np.asarray(parameters)
        if parameters.shape != (len(self.groups),):
            raise ValueError(
                f"Argument `parameters` must have shape ({len(self.groups)},), but has shape "
                f"{parameters.shape}."
            )
        circuit = hartree_fock(jordan_wigner(modes), self.electrons)
        for excitation, owner in zip(self.excitations, self.owners, strict=True):
            excitation.check(modes)
            circuit = _excited(circuit, excitation, parameters[owner])
        for qubit in reversed(range(modes)):  # A sum is formed before its terms are sums.
            terms = [m for m in range(modes) if m != qubit and encoding.flips[m] >> qubit & 1]
            circuit = circuit.cx(terms, [qubit] * len(terms)) if terms else circuit
        return circuit


def hartree_fock(encoding: Encoding, electrons: tuple[int, int]) -> Circuit:
    """The circuit that prepares the determinant of the first orbitals.

    Args:
        encoding: How modes are encoded in qubits.
        electrons: How many electrons have spin up and spin down.

    Raises:
        ValueError: If there are more electrons than orbitals.

    Example:
        >>> from qjax.chemistry import hartree_fock, jordan_wigner
        >>> hartree_fock(jordan_wigner(4), (1, 1)).count_ops()
        {'x': 2}
    """
    occupied = int(encoding.encode(np.array([determinant(encoding.n_modes // 2, electrons)]))[0])
    circuit = Circuit(encoding.n_modes)
    return circuit.x(tuple(bits(occupied))) if occupied else circuit


def uccsd(integrals: Integrals, *, screened: bool = True) -> Ansatz:
    r"""Unitary coupled cluster with single and double excitations of a closed-shell molecule.

    The singles act first, then the doubles, those with the largest amplitude of Moller-Plesset
    perturbation theory first; these amplitudes are also the first guess of the parameters.

    Args:
        integrals: Those of the molecule, in its Hartree-Fock orbitals, the occupied ones first.
        screened: Whether doubles whose amplitude is 0, which a symmetry of the molecule forbids,
            are left out.

    Returns:
        The ansatz.

    Raises:
        ValueError: If the spins differ in number, or the integrals do not fit.

    References:
        Peruzzo et al., arXiv 1304.3061; Romero et al., arXiv 1701.02691.

    Example:
        >>> import numpy as np
        >>> from qjax.chemistry import Integrals, uccsd
        >>> one, two = np.diag([-1.25, -0.48]), np.zeros((2, 2, 2, 2))
        >>> two[0, 1, 0, 1] = two[1, 0, 0, 1] = two[0, 1, 1, 0] = two[1, 0, 1, 0] = 0.18
        >>> ansatz = uccsd(Integrals(0.71, one, two, (1, 1)))
        >>> len(ansatz.groups), len(ansatz.excitations)
        (2, 3)
    """
    integrals.check()
    pairs = integrals.closed_shells()
    t = mp2_amplitudes(integrals)
    singles, doubles = [], []
    for group, (i, j, a, b, equal) in grouped(integrals.n_orbitals, pairs):
        if j < 0:
            singles.append((0.0, group))
            continue
        value = float(t[i, j, a, b] - equal * t[i, j, b, a])
        if abs(value) > _FORBIDDEN or not screened:
            doubles.append((value, group))
    doubles.sort(key=lambda entry: -abs(entry[0]))
    values, groups = zip(*singles, *doubles, strict=True) if singles else ((), ())
    return Ansatz(integrals.n_orbitals, integrals.electrons, groups, np.array(values))


def _excited(circuit: Circuit, excitation: Excitation, angle: Any) -> Circuit:
    """Appends exp(angle (T - T^dagger)) in the Jordan-Wigner encoding."""
    modes = sorted((*excitation.created, *excitation.annihilated))
    rank = {mode: place for place, mode in enumerate(modes)}
    gate = _gate(Excitation(*(tuple(rank[mode] for mode in side) for side in excitation)))
    # A mode in between lies under the string of Z of each operator on a later mode.
    between = [
        mode
        for mode in range(modes[0], modes[-1])
        if mode not in rank and sum(m > mode for m in modes) % 2
    ]
    if not between:
        return circuit.apply(gate, angle, *modes)
    ladder = (between[:-1], between[1:])
    circuit = circuit.cx(*ladder) if ladder[0] else circuit
    circuit = circuit.cz(between[-1], modes[0]).apply(gate, angle, *modes)
    circuit = circuit.cz(between[-1], modes[0])
    return circuit.cx(ladder[0][::-1], ladder[1][::-1]) if ladder[0] else circuit


@functools.cache
def _gate(excitation: Excitation) -> Gate:
    """The gate exp(theta (T - T^dagger)) of modes that are neighbours."""
    k = len(excitation.created) + len(excitation.annihilated)
    occupations = np.arange(2**k)
    image, sign = applied(occupations, excitation.ladder())
    bits_of = np.stack([occupations, image])[:, :, None] >> np.arange(k) & 1
    column, row = bits_of @ 2 ** np.arange(k)[::-1]  # Qubit 0 is the most significant bit.
    up = np.zeros((2**k, 2**k))
    up[row, column] = sign
    return Gate("excitation", generator=1j * (up - up.T))
