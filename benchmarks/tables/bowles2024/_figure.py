"""Test accuracy against features, hyperplanes, dimensions, degree or pixels, a panel a family."""

from typing import Any

from benchmarks.tables._frame import Row

# What the number in a key is, by the family's name; of the others it is that of features.
_NUMBERS = {
    "hyperplanes_diff": "hyperplanes",
    "hidden_manifold_diff": "dimensions of the manifold",
    "two_curves_diff": "degree",
    "bars_and_stripes": "pixels a side",
}


def figure(rows: list[Row]) -> Any:
    """Draws the published accuracies as lines and ours as dots, as crosses where they differ."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    panels: dict[str, dict[str, list[tuple[int, Row]]]] = {}
    for row in rows:
        family, model, number, part = row.cell.key.split("/")
        if part == "test":
            panels.setdefault(family, {}).setdefault(model, []).append((int(number), row))
    if not panels:
        return None
    models = list(dict.fromkeys(model for lines in panels.values() for model in lines))
    colours = dict(zip(models, colormaps["tab20"].colors, strict=False))
    columns = min(3, len(panels))
    height = -(-len(panels) // columns)
    picture = Figure(figsize=(5 * columns, 3.5 * height), layout="constrained")
    grid = picture.subplots(height, columns, squeeze=False).flatten()
    for axes, (family, lines) in zip(grid, panels.items(), strict=False):
        for model, points in lines.items():
            _line(axes, sorted(points, key=lambda point: point[0]), colours[model], model)
        axes.set(title=family, xlabel=_NUMBERS.get(family, "features"), ylabel="test accuracy")
        axes.locator_params(axis="x", integer=True)
    for axes in grid[len(panels) :]:
        axes.remove()
    # Published lines alone have names; a model has one in every panel, and one in the legend.
    named: dict[str, Any] = {}
    for axes in picture.axes:
        handles, names = axes.get_legend_handles_labels()
        named |= dict(zip(names, handles, strict=True))
    picture.legend(named.values(), named.keys(), loc="outside lower center", ncols=columns + 1)
    return picture


def _line(axes: Any, points: list[tuple[int, Row]], colour: Any, model: str) -> None:
    numbers = [number for number, _ in points]
    axes.plot(numbers, [row.cell.target for _, row in points], color=colour, label=model)
    for marker, wanted in (("o", True), ("x", False)):
        some = [(n, row) for n, row in points if (row.verdict == "matched") == wanted]
        values = [row.outcome.value for _, row in some]
        axes.plot([n for n, _ in some], values, marker, color=colour, markersize=4)
