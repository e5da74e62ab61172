"""One clear error a mistake, that names the argument, before anything is traced."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax

C = qjax.Circuit(3)
TRACED = np.ones(3, np.float32)

BUILD = {
    "no qubits": (lambda: qjax.Circuit(0), ValueError, "`n_qubits` must be at least 1"),
    "half a qubit": (lambda: qjax.Circuit(1.5), TypeError, "`n_qubits` must be an integer"),
    "out of range": (lambda: C.h(3), ValueError, "between 0 and 2 on 3 qubits, but is 3"),
    "negative": (lambda: C.h(-1), ValueError, "between 0 and 2"),
    "float qubit": (lambda: C.h(1.0), TypeError, "`qubits` must be an integer"),
    "float in list": (lambda: C.h([0, 1.0]), TypeError, "must hold integers"),
    "bool qubit": (lambda: C.h(True), TypeError, "`qubits` must be an integer"),
    "array qubit": (lambda: C.h(jnp.arange(2)), TypeError, "known when the circuit is built"),
    "no qubit": (lambda: C.h([]), ValueError, "at least one qubit"),
    "repeated": (lambda: C.cx(1, 1), ValueError, "one `cx` must be distinct"),
    "repeated later": (lambda: C.cx([0, 1], [1, 1]), ValueError, "must be distinct"),
    "lengths": (lambda: C.cx([0, 1], [1, 2, 0]), ValueError, "`controls` and `targets`"),
    "angle shape": (lambda: C.rx(np.ones(2), range(3)), ValueError, r"\(3,\) or \(\), but has"),
    "traced shape": (lambda: C.rx(TRACED, [0, 1]), ValueError, r"`theta` must have shape \(2,\)"),
    "matrix of angles": (lambda: C.rx(np.ones((3, 1)), range(3)), ValueError, "`theta`"),
    "complex angle": (lambda: C.rx(1j * np.ones(3), range(3)), TypeError, "must be real"),
    "text angle": (lambda: C.rx("pi", 0), TypeError, "`theta` must be a real number"),
    "nan angle": (lambda: C.rx(np.nan, 0), ValueError, "`theta` must be finite"),
    "inf angles": (lambda: C.rx([0.0, np.inf], [0, 1]), ValueError, "`theta` must be finite"),
    "missing": (lambda: C.rx(0.1), TypeError, r"takes 2 arguments \(theta, qubits\)"),
    "not square": (lambda: C.unitary(np.ones((2, 3)), 0), ValueError, "`matrix` must have shape"),
    "odd size": (lambda: C.unitary(np.eye(3), 0), ValueError, "`matrix` must have shape"),
    "not unitary": (lambda: C.unitary(np.ones((2, 2)), 0), ValueError, "`matrix` must be unitary"),
    "nan matrix": (lambda: C.unitary(np.eye(2) * np.nan, 0), ValueError, "must be finite"),
    "matrix qubits": (lambda: C.unitary(np.eye(4), 0), ValueError, "must name 2 qubits"),
    "phases": (lambda: C.diagonal(np.ones(3), [0, 1]), ValueError, "`phases` must have shape"),
    "letters": (lambda: C.pauli_rotation(0.1, "XA", [0, 1]), ValueError, "word over I, X, Y, Z"),
    "letters count": (lambda: C.pauli_rotation(0.1, "XY", 0), ValueError, "must name 2 qubits"),
    "sizes": (lambda: C + qjax.Circuit(2), ValueError, "as many qubits"),
    "body": (lambda: C.repeat(lambda c, x: 1, TRACED), TypeError, "`body` must return a circuit"),
    "body size": (
        lambda: C.repeat(lambda c, x: qjax.Circuit(2), TRACED),
        ValueError,
        "circuit on 3 qubits, but returns one on 2",
    ),
    "lengths of xs": (
        lambda: C.repeat(lambda c, x: c, (TRACED, jnp.ones(2))),
        ValueError,
        "one leading length",
    ),
    "no length": (lambda: C.repeat(lambda c, x: c), ValueError, "`length` must be given"),
    "output": (lambda: C.draw("png"), ValueError, "`output` must be one of"),
    "gate twice": (
        lambda: qjax.Gate("g", matrix=np.eye(2), generator=np.eye(2)),
        ValueError,
        "exactly one of",
    ),
    "gate not unitary": (lambda: qjax.Gate("g", matrix=np.ones((2, 2))), ValueError, "unitary"),
    "not Hermitian": (
        lambda: qjax.Gate("g", generator=np.array([[0, 1], [0, 0]])),
        ValueError,
        "Hermitian",
    ),
}

KEY = jax.random.key(0)
RUN = {
    "not a circuit": (lambda: qjax.statevector(3), TypeError, "`circuit` must be"),
    "beyond": (lambda: qjax.expectation(C, qjax.Z(3)), ValueError, "acts on qubit 3"),
    "empty sum": (lambda: qjax.expectation(C, sum([])), TypeError, "sum over nothing"),
    "empty list": (lambda: qjax.expectation(C, []), TypeError, "`observable`"),
    "in a list": (lambda: qjax.expectation(C, [qjax.Z(0), 1]), TypeError, "`observable`"),
    "not Hermitian": (
        lambda: qjax.expectation(C, qjax.X(0) @ qjax.Y(0)),
        ValueError,
        "must be Hermitian",
    ),
    "negative qubit": (lambda: qjax.Z(-1), ValueError, "`qubit` must be at least 0"),
    "star": (lambda: qjax.Z(0) * qjax.Z(1), TypeError, "multiplied with `@`"),
    "no key": (lambda: qjax.sample(C, None, 10), TypeError, "`key` must be a random key"),
    "shots": (lambda: qjax.sample(C, KEY, 0), ValueError, "`shots` must be at least 1"),
    "float shots": (lambda: qjax.sample(C, KEY, 1.5), TypeError, "`shots` must be an integer"),
    "bits": (lambda: qjax.amplitude(C, "01"), ValueError, "3 zeros and ones"),
    "bit values": (lambda: qjax.amplitude(C, [0, 1, 2]), ValueError, "3 zeros and ones"),
    "kept": (lambda: qjax.probabilities(C, [0, 0]), ValueError, "must be distinct"),
    "kept range": (lambda: qjax.density_matrix(C, 5), ValueError, "between 0 and 2"),
    "engine": (lambda: qjax.statevector(C, engine="mps"), TypeError, "`engine`"),
    "gradient": (lambda: qjax.statevector(C, gradient="adjoint"), TypeError, "`gradient`"),
    "dtype": (lambda: qjax.Statevector(dtype=jnp.float32), ValueError, "complex64 or complex128"),
    "double": (
        lambda: qjax.statevector(C, engine=qjax.Statevector(dtype=jnp.complex128)),
        ValueError,
        "jax_enable_x64",
    ),
    "memory": (
        lambda: qjax.statevector(qjax.Circuit(45).h(0)),
        ValueError,
        "281,474,976,710,656 bytes.*tensor-network",
    ),
}


@pytest.mark.parametrize("case", [*BUILD, *RUN])
def test_bad_input(case):
    call, kind, message = (BUILD | RUN)[case]
    with pytest.raises(kind, match=message):
        call()


def test_a_traced_matrix_that_is_not_unitary_yields_nan_and_no_wrong_number():
    value = jax.jit(lambda m: qjax.expectation(qjax.Circuit(1).unitary(m, 0), qjax.Z(0)))
    assert np.isnan(value(jnp.array([[1.0, 1.0], [0.0, 1.0]])))
    assert value(jnp.array([[0.0, 1.0], [1.0, 0.0]])) == -1


@pytest.mark.parametrize(
    "ask",
    [
        lambda circuit, engine: qjax.unitary(circuit, engine=engine),
        lambda circuit, engine: qjax.statevector(circuit, engine=engine),
        lambda circuit, engine: qjax.expectation(circuit, qjax.Z(0), engine=engine),
    ],
)
def test_double_precision_is_never_silently_single(ask):
    engine = qjax.Statevector(dtype="complex128")
    with pytest.raises(ValueError, match="`dtype` must be complex64 while"):
        ask(qjax.Circuit(2).h(0), engine)
