"""Figures of distributions and images hold what they were given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from qjax.plot import distributions, images


def test_distributions_hold_their_numbers():
    shown = {"target": [0.2, 0.3, 0.5], "model": [0.1, 0.4, 0.5]}
    figure = distributions([1.0, 2.0, 4.0], shown, xlabel="price", log=True, title="A title")
    (axes,) = figure.axes
    np.testing.assert_allclose([bar.get_height() for bar in axes.patches], shown["target"])
    (line,) = axes.get_lines()
    np.testing.assert_array_equal(line.get_ydata(), shown["model"])
    np.testing.assert_array_equal(line.get_xdata(), [1, 2, 4])
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(labels) == ["model", "target"]
    assert (axes.get_xlabel(), axes.get_yscale(), axes.get_title()) == ("price", "log", "A title")


def test_images_are_framed_by_their_verdict():
    pictures = np.random.default_rng(0).uniform(size=(5, 2, 3))
    figure = images(pictures, [True, False, True, True, False], columns=3, title="Drawn")
    assert len(figure.axes) == 5 and figure.get_suptitle() == "Drawn"
    for axes, picture in zip(figure.axes, pictures, strict=True):
        np.testing.assert_array_equal(axes.get_images()[0].get_array(), picture)
    colours = [to_hex(axes.spines["top"].get_edgecolor()) for axes in figure.axes]
    assert colours[0] == colours[2] == colours[3] != colours[1] == colours[4]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: distributions([0, 1], {}), "Argument `probabilities` must have 1 to 7"),
        (lambda: distributions([0, 1], {"a": [1.0]}), "the shape of `points`"),
        (lambda: images(np.ones((2, 2))), "Argument `pictures` must have shape"),
        (lambda: images(np.ones((2, 2, 2)), [True]), "Argument `right` must have shape"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
