"""Exact drawings of small circuits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.circuit import Circuit, IndexMap, Structure
from qjax.circuit._draw_labels import number

WIDE = 10**6


def same(drawing: str, expected: str) -> bool:
    """Whether a drawing is the expected one, which starts after one line break."""
    print(drawing)
    return drawing == expected.strip("\n")


def nested(a) -> Circuit:
    def inner(c, b):
        return c.rz(b, [0, 1]).cx(0, 1)

    def outer(c, x):
        return c.rx(x, 0).repeat(inner, jnp.ones(2) * x).h(2)

    return Circuit(3).h(0).repeat(outer, a).cx(0, 2)


def test_bell():
    circuit = Circuit(2).h(0).cx(0, 1)
    expected = """
     ┌───┐
q0: ─┤ H ├─●─
     └───┘ │
q1: ───────⊕─
"""
    assert same(circuit.draw(max_width=100), expected)
    assert same(str(circuit), expected)


def test_angles():
    circuit = Circuit(2).rx(0.3, 0).rz(-0.75 * np.pi, 1).u(0.12345, np.pi, 0, 0).cp(2, 0, 1)
    expected = """
      ┌─────────┐  ┌────────────────┐
q0: ──┤ RX(0.3) ├──┤ U(0.123, π, 0) ├────●─────
      └─────────┘  └────────────────┘    │
     ┌───────────┐                    ┌──┴───┐
q1: ─┤ RZ(-3π/4) ├────────────────────┤ P(2) ├─
     └───────────┘                    └──────┘
"""
    assert same(circuit.draw(max_width=100), expected)


def test_controls_and_swaps():
    circuit = Circuit(3).ccx(0, 2, 1).cz(0, 2).swap(0, 1).cswap(1, 0, 2).ch(2, 0)
    expected = """
             ┌───┐
q0: ─●─●─×─×─┤ H ├─
     │ │ │ │ └─┬─┘
q1: ─⊕─┼─×─●───┼───
     │ │   │   │
q2: ─●─●───×───●───
"""
    assert same(circuit.draw(max_width=100), expected)


def test_boxes_of_several_qubits():
    circuit = Circuit(4).unitary(np.eye(8), [2, 0, 3]).pauli_rotation(0.5, "XZ", [1, 2])
    expected = """
     ┌──────────┐
q0: ─┤1         ├───────────────
     │          │ ┌───────────┐
q1: ─┼──────────┼─┤X          ├─
     │  Unitary │ │  RXZ(0.5) │
q2: ─┤0         ├─┤Z          ├─
     │          │ └───────────┘
q3: ─┤2         ├───────────────
     └──────────┘
"""
    assert same(circuit.draw(max_width=100), expected)


def test_repeat():
    xs = jnp.arange(6.0).reshape(3, 2)
    circuit = Circuit(2).repeat(lambda c, x: c.ry(x, range(2)).cx(0, 1), xs)
    expected = """
     ┏━ ×3 ━━━━━━━━━━━━━┓
     ┃ ┌────────────┐   ┃
q0: ─╂─┤ RY(θ[i,0]) ├─●─╂─
     ┃ └────────────┘ │ ┃
     ┃ ┌────────────┐ │ ┃
q1: ─╂─┤ RY(θ[i,1]) ├─⊕─╂─
     ┃ └────────────┘   ┃
     ┗━━━━━━━━━━━━━━━━━━┛
"""
    assert same(circuit.draw(max_width=100), expected)


def test_nested_repeats_inverted():
    expected = """
       ┏━ ×4, reversed ━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
       ┃     ┏━ ×2, reversed ━━━━━┓                ┃
       ┃     ┃   ┌──────────────┐ ┃ ┌────────────┐ ┃ ┌───┐
q0: ─●─╂─────╂─●─┤ RZ(-θ₀[i,j]) ├─╂─┤ RX(-θ₁[i]) ├─╂─┤ H ├─
     │ ┃     ┃ │ └──────────────┘ ┃ └────────────┘ ┃ └───┘
     │ ┃     ┃ │ ┌──────────────┐ ┃                ┃
q1: ─┼─╂─────╂─⊕─┤ RZ(-θ₀[i,j]) ├─╂────────────────╂───────
     │ ┃     ┃   └──────────────┘ ┃                ┃
     │ ┃     ┗━━━━━━━━━━━━━━━━━━━━┛                ┃
     │ ┃ ┌───┐                                     ┃
q2: ─⊕─╂─┤ H ├─────────────────────────────────────╂───────
       ┃ └───┘                                     ┃
       ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
"""
    assert same(nested(jnp.arange(4.0)).inverse().draw(max_width=100), expected)


def test_adjoint():
    circuit = Circuit(2).t(0).rx(0.3, 1).u(0.1, 0.2, 0.3, 0).iswap(0, 1).unitary(np.eye(2), 0)
    expected = """
     ┌──────────┐ ┌─────────┐ ┌───────────────────┐ ┌────┐
q0: ─┤ Unitary† ├─┤0        ├─┤ U†(0.1, 0.2, 0.3) ├─┤ T† ├─
     └──────────┘ │  iSWAP† │ └───────────────────┘ └────┘
                  │         │      ┌──────────┐
q1: ──────────────┤1        ├──────┤ RX(-0.3) ├────────────
                  └─────────┘      └──────────┘
"""
    assert same(circuit.inverse().draw(max_width=100), expected)


def test_control_inside_a_box_and_a_gate_of_ones_own():
    givens = qjax.Gate("givens", generator=np.diag([0.0, 1, -1, 0])).controlled()
    expected = """
     ┌──────────────┐
q0: ─┤0             ├─
     │              │
q1: ─┤● givens(0.3) ├─
     │              │
q2: ─┤1             ├─
     └──────────────┘
"""
    assert same(Circuit(3).apply(givens, 0.3, 1, 0, 2).draw(max_width=100), expected)


def test_symbols_name_leaves():
    shown = []

    def draw(t, ts):
        circuit = Circuit(2).rx(t, [0, 1]).ry(ts, [0, 1]).u(t, t, 0.5, 0)
        shown.append((circuit + circuit.inverse()).draw(max_width=WIDE))
        return t

    jax.jit(draw)(0.1, jnp.ones(2))
    for label in [
        "RX(θ₀)",
        "RY(θ₁[1])",
        "RX(-θ₀)",
        "RY(-θ₁[0])",
        "U(θ₀, φ, 0.5)",
        "U†(θ₀, φ, 0.5)",
    ]:
        assert label in shown[0]


def test_batched_circuit_is_drawn_with_an_index():
    circuits = jax.vmap(lambda t: Circuit(1).rx(t, 0).ry(0.5, 0))(jnp.arange(5.0))
    assert "RX(θ[b]) ├─┤ RY(0.5)" in circuits.draw()


def test_index_map_is_one_box_over_its_support():
    cx = qjax.GATES["cx"].index_map
    index_map = IndexMap.of_gate(*cx, (1, 3), 9).then(IndexMap.of_gate(*cx, (3, 4), 9))
    circuit = Circuit.from_parts(Structure(9, (index_map,), 0), ())
    lines = circuit.draw().splitlines()
    assert sum("IndexMap" in line for line in lines) == 1
    assert [line[:3] for line in lines if "├" in line and "┤" in line] == ["q1:", "q3:", "q4:"]
    assert circuit.draw("mpl").axes


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (-0.0, "0"), (3.14159, "3.14"), (np.pi, "π"), (-np.pi / 2, "-π/2")]
    + [(2 * np.pi, "2π"), (5 * np.pi / 6, "5π/6"), (np.pi / 4096, "π/4096"), (1e-7, "1e-07")]
    + [(123456.0, "1.23e+05"), (float("inf"), "inf")],
)
def test_numbers(value, shown):
    assert number(value) == shown
