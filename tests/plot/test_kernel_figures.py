"""Figures of kernels and decisions hold what they were given."""

import numpy as np
import pytest

from qjax.plot import decision_regions, kernel_matrices


def test_kernels_are_sorted_by_class():
    kernel = np.arange(16.0).reshape(4, 4) / 16
    figure = kernel_matrices({"a": kernel, "b": kernel.T}, [1, 0, 1, 0], title="Kernels")
    order = [1, 3, 0, 2]
    drawn = figure.axes[0].get_images()[0].get_array()
    np.testing.assert_array_equal(drawn, kernel[np.ix_(order, order)])
    lines = figure.axes[0].get_lines()
    assert [line.get_ydata()[0] for line in lines][0] == 1.5 and len(lines) == 2
    assert [axes.get_title() for axes in figure.axes[:2]] == ["a", "b"]


def test_decisions_are_drawn_with_their_points():
    points = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 1.0]])
    figure = decision_regions(
        {"sum": lambda x: x.sum(1) - 6, "one": lambda x: np.ones(len(x))},
        {"training": (points, [0, 1, 1])},
        resolution=5,
    )
    mesh, *_ = figure.axes[0].collections
    axis = np.linspace(0, 2 * np.pi, 5)
    expected = axis[None] + axis[:, None] - 6
    np.testing.assert_allclose(
        np.asarray(mesh.get_array()).reshape(5, 5), expected / np.abs(expected).max()
    )
    drawn = [c.get_offsets() for c in figure.axes[0].collections[-2:]]
    np.testing.assert_array_equal(np.concatenate(drawn), points)
    assert len(figure.legends) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kernel_matrices({}, [0]), "at least one kernel"),
        (lambda: kernel_matrices({"a": np.eye(2)}, [0]), "`matrices` must have shapes"),
        (lambda: decision_regions({}, {}), "at least one classifier"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
