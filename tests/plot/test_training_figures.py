"""Figures say what they show, hold the right numbers, and leave pyplot alone."""

import io
import subprocess
import sys

import numpy as np
import pytest

from qjax.plot import confusion, curves
from qjax.train import History


def history(epochs, start):
    falling = start * 0.9 ** np.arange(epochs)
    metrics = {"loss": falling, "accuracy": 1 - falling / 2}
    return History(metrics, {name: values + 0.01 for name, values in metrics.items()}, falling)


def rendered(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def test_curves_show_each_run_and_part():
    runs = {"hybrid": history(9, 1.0), "classical": history(7, 0.8)}
    figure = curves(runs, title="Two runs")
    assert figure.get_suptitle() == "Two runs"
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    for axes in figure.axes:
        assert axes.get_xlabel() == "epoch"
        names = [text.get_text() for text in axes.get_legend().get_texts()]
        assert names == [f"{run}, {part}" for run in runs for part in ("training", "validation")]
    assert figure.axes[0].get_yscale() == "log"
    line = figure.axes[1].get_lines()[3]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 8))
    np.testing.assert_array_equal(line.get_ydata(), runs["classical"].valid["accuracy"])
    assert rendered(figure).startswith(b"\x89PNG")


def test_confusion_counts():
    truth = [0, 0, 1, 1, 2, 2]
    figure = confusion(truth, {"a": [0, 1, 1, 1, 2, 0], "b": truth}, title="Test")
    first, second = figure.axes
    assert first.get_title() == "a: 4 of 6 right (66.7%)"
    assert second.get_title() == "b: 6 of 6 right (100.0%)"
    cells = {text.get_position(): text.get_text() for text in first.texts}
    # Position is (predicted, true).
    assert cells == {(0, 0): "1", (1, 0): "1", (1, 1): "2", (0, 2): "1", (2, 2): "1"}
    assert (first.get_xlabel(), first.get_ylabel()) == ("predicted class", "true class")
    assert rendered(figure).startswith(b"\x89PNG")


def test_class_names():
    figure = confusion([0, 1], {"a": [0, 1]}, classes=["cat", "dog", "owl"])
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["cat", "dog", "owl"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: curves({}), "Argument `histories` must have 1 to 6 runs, but has 0"),
        (lambda: curves({"a": history(3, 1.0)}, metrics=["f1"]), "Argument `metrics` must have"),
        (lambda: confusion([0, 1], {}), "Argument `predictions` must have at least one"),
        (lambda: confusion([0, 1], {"a": [0]}), r"shape of `labels`, \(2,\), but 'a' has shape"),
        (lambda: confusion([0, 2], {"a": [0, 1]}, classes=["x"]), "Argument `classes` must have a"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_pyplot_stays_out():
    code = "import sys, qjax.plot; print('matplotlib.pyplot' in sys.modules)"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "False"
