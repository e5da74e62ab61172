"""What holds for the drawing of any circuit, and figures."""

import io
import time

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from qjax.circuit import Circuit
from tests.programs import (
    every_gate,
    numbers,
    programs,
    to_broadcast_circuit,
    to_circuit,
    with_numbers,
)

WIDE = 10**6
NAMES = {"sdg": "S†", "tdg": "T†", "sx": "√X", "sxdg": "√X†", "iswap": "iSWAP"}
NAMES |= {"unitary": "Unitary", "diagonal": "Diagonal", "cz": "●", "ch": " H ", "cy": " Y "}
NAMES |= {"cx": "⊕", "ccx": "⊕", "swap": "×", "cswap": "×"}
NAMES |= {"crx": "RX(", "cry": "RY(", "crz": "RZ(", "cp": "P(", "pauli_rotation": " R"}


def wire_lines(drawing: str, name: str) -> list[str]:
    return [line for line in drawing.splitlines() if line.startswith(f"{name}:")]


def png(figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=40)
    return stream.getvalue()


def nested(xs) -> Circuit:
    circuit = Circuit(5).repeat(lambda c, x: c.rx(x, 2).h(range(5)), xs)
    return circuit.repeat(lambda c, _: c.repeat(lambda c, _: c.h(3), None, 100_000), None, 2)


@hypothesis.given(programs(max_qubits=6, max_calls=12))
def test_any_circuit(program):
    circuit = to_circuit(program)
    for drawn in (circuit, to_broadcast_circuit(program), circuit.inverse()):
        drawing = drawn.draw(max_width=WIDE)
        lines = [wire_lines(drawing, f"q{q}") for q in range(program.n)]
        assert all(len(line) == 1 for line in lines)
        assert len({len(line[0]) for line in lines}) == 1
    drawing = circuit.draw(max_width=WIDE)
    for name, _, _ in program.ops:
        assert NAMES.get(name, name.upper()) in drawing


@hypothesis.given(programs(max_qubits=5, max_calls=12))
def test_any_circuit_under_jit(program):
    shown = []

    def draw(params):
        circuit = to_circuit(with_numbers(program, params))
        shown.extend(c.draw(max_width=WIDE) for c in (circuit, circuit.inverse()))
        return 0

    jax.eval_shape(draw, numbers(program))
    for name, _, _ in program.ops:
        assert NAMES.get(name, name.upper()) in shown[0]
    assert all(len(wire_lines(drawing, "q0")) == 1 for drawing in shown)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_wrapping_respects_the_width(width):
    circuit = to_circuit(every_gate(np.random.default_rng(width), 4))
    drawing = circuit.draw(max_width=width)
    assert max(map(len, drawing.splitlines())) <= width
    rows = len(wire_lines(drawing, "q0"))
    assert rows > 1
    assert all(len(wire_lines(drawing, f"q{q}")) == rows for q in range(4))
    joined = "".join(line[4:].strip("»")[:-1] for line in wire_lines(drawing, "q0"))
    assert joined + "─" == wire_lines(circuit.draw(max_width=WIDE), "q0")[0][4:]


def test_default_width_is_that_of_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    circuit = Circuit(1).rx(np.arange(20.0), [0] * 20)
    assert max(map(len, circuit.draw().splitlines())) <= 30


def test_empty_circuits():
    assert Circuit(1).draw() == "q0: ─"
    assert len(wire_lines(Circuit(12).draw(), "q11")) == 1
    assert png(Circuit(2).draw("mpl")).startswith(b"\x89PNG")


def test_large_circuits_are_cut_in_time():
    many = [i % 10 for i in range(20_000)]
    deep = Circuit(10).rx(np.arange(20_000.0), many).repeat(lambda c, x: c.h(many), None, 7)
    wide = Circuit(200).h(range(200)).cx(range(199), range(1, 200))
    start = time.perf_counter()
    drawings = [circuit.draw() for circuit in (deep, wide)]
    figures = [circuit.draw("mpl") for circuit in (deep, wide)]
    assert time.perf_counter() - start < 30
    assert drawings[0].endswith("… the first 2,000 of 40,000 gates are drawn")
    assert drawings[1].endswith("⋮ qubits 47 to 183 are drawn as one wire")
    for figure in figures:
        assert max(figure.get_size_inches()) * 100 < 2**16
        assert any(text.get_text()[0] in "…⋮" for text in figure.axes[0].texts)


@pytest.mark.parametrize("drawer", ["text", "mpl"])
@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (2.5, TypeError)])
def test_bad_sizes_are_named(drawer, value, error):
    name = {"text": "max_width", "mpl": "columns"}[drawer]
    with pytest.raises(error, match=f"`{name}` must be"):
        Circuit(1).draw(drawer, **{name: value})


@pytest.mark.parametrize("columns", [None, 5])
def test_figure_has_room_for_all_its_text(columns):
    table = to_circuit(every_gate(np.random.default_rng(0), 5)) + nested(jnp.arange(3.0))
    figure = table.draw("mpl", title="every gate", columns=columns)
    canvas = FigureCanvasAgg(figure)
    assert len(figure.axes) == 1 and figure.axes[0].get_title() == "every gate"
    canvas.draw()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in texts]
    assert min(text.get_fontsize() for text in texts) >= 8
    for i, box in enumerate(boxes):
        assert figure.bbox.containsx(box.x0) and figure.bbox.containsx(box.x1)
        assert figure.bbox.containsy(box.y0) and figure.bbox.containsy(box.y1)
        overlapping = [texts[j] for j in range(i) if box.padded(-1).overlaps(boxes[j].padded(-1))]
        assert not overlapping, (texts[i], overlapping)
    assert png(figure).startswith(b"\x89PNG")


def test_figure_under_jit():
    sizes = []

    def draw(a):
        sizes.append(len(png(nested(a).draw("mpl", columns=2))))
        return a

    jax.jit(draw)(jnp.arange(3.0))
    assert sizes[0] > 0
