"""MNIST after PCA: data sets that cannot be drawn again, from the authors' files.

Where `QJAX_BOWLES_DATA` names a folder with `mnist_pca` and `mnist_pca-` in it, as in
paper/plots/datasets-for-plots of XanaduAI/qml-benchmarks, their cells are there, too. The files may
be packed by gzip.
"""

import os
from pathlib import Path

import numpy as np

VARIABLE = "QJAX_BOWLES_DATA"
FAMILIES = {"mnist_pca": "mnist_3-5_{}d_{}.csv", "mnist_pca-": "mnist_3-5_{}d-250_{}.csv"}


def found(family: str, number: int) -> dict[str, Path]:
    """The files of a data set by its part; none where not both are there."""
    folder = Path(os.environ.get(VARIABLE, "")) / family
    plain = {part: folder / FAMILIES[family].format(number, part) for part in ("train", "test")}
    files = {
        part: path
        for part, name in plain.items()
        for path in (name, name.with_name(name.name + ".gz"))
        if os.environ.get(VARIABLE) and path.is_file()
    }
    return files if len(files) == 2 else {}


def load(family: str, number: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Features and labels, -1 and 1, by part."""
    tables = {part: np.loadtxt(path, delimiter=",") for part, path in found(family, number).items()}
    return {part: (table[:, :-1], table[:, -1].astype(int)) for part, table in tables.items()}
