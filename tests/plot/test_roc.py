"""Receiver operating characteristics hold the right points."""

import numpy as np
import pytest

from qjax.plot import roc


def test_the_curve_and_its_area():
    labels = [0, 0, 1, 1]
    figure = roc(labels, {"a": [0.1, 0.4, 0.35, 0.8], "b": [3, 4, 1, 2]}, title="Two")
    assert figure.get_suptitle() == "Two"
    axes = figure.axes[0]
    points = np.transpose(axes.get_lines()[0].get_data()).tolist()
    # From the highest score down: a positive, a negative, a positive, a negative.
    assert points == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a: 0.750", "b: 0.000"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("false positive rate", "true positive rate")


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 0], {"a": [0, 1]}, "Argument `labels` must be a list of zeros and ones, some of"),
        ([0, 2], {"a": [0, 1]}, "Argument `labels` must be a list of zeros and ones, some of"),
        ([0, 1], {}, "Argument `scores` must have 1 to 6 detectors, but has 0"),
        ([0, 1], {"a": [0]}, r"of the shape of `labels`, \(2,\), but those of 'a' have shape"),
        ([0, 1], {"a": [0, np.nan]}, "or are not finite"),
    ],
)
def test_bad_arguments(labels, scores, message):
    with pytest.raises(ValueError, match=message):
        roc(labels, scores)
