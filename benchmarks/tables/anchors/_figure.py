"""The variance of the derivative against width, and expressibility, published and ours."""

from typing import Any

from benchmarks.tables._frame import Row


def figure(rows: list[Row]) -> Any:
    """Draws both; parts that were not computed stay empty."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(10, 4), layout="constrained")
    left, right = picture.subplots(1, 2)
    widths = [(int(r.cell.key.split("/")[1]), r) for r in _of(rows, "barren-plateau")]
    _errors(left, widths, "qjax")
    left.plot([n for n, _ in widths], [r.cell.target for _, r in widths], label="closed form")
    left.set(xlabel="qubits", ylabel="variance of the derivative", yscale="log")
    for layers, colour in ((1, "C0"), (3, "C1")):
        some = [(int(r.cell.key.split("/")[2]), r) for r in _of(rows, f"expressibility/L={layers}")]
        _errors(right, some, f"qjax, {layers} layers" if layers > 1 else "qjax, 1 layer", colour)
        published = [r.cell.target for _, r in some]
        right.plot([k for k, _ in some], published, "x", color=colour, label="published")
    right.set(xlabel="circuit", ylabel="expressibility", yscale="log")
    for axes in (left, right):
        axes.legend()
    return picture


def _of(rows: list[Row], prefix: str) -> list[Row]:
    return [row for row in rows if row.cell.key.startswith(prefix + "/")]


def _errors(axes: Any, points: list[tuple[int, Row]], label: str, colour: str = "C0") -> None:
    values = [row.outcome.value for _, row in points]
    errors = [row.outcome.error for _, row in points]
    axes.errorbar([x for x, _ in points], values, errors, fmt="o", color=colour, label=label)
