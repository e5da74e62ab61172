"""How each model of the study is built and run: all seeds of a data set together."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from benchmarks.tables._frame import Cell, Outcome
from benchmarks.tables.bowles2024 import _mnist

SEEDS = tuple(range(5))


class Model(NamedTuple):
    """A model of the study.

    Attributes:
        build: From its published hyperparameters and the switches below to an estimator.
        seeds: Those that its number is a mean over; one where nothing is drawn.
        trained: Whether it is trained by gradients: its classifiers are fitted as one program.
        defects: The switches that make it what was published.
        repaired: The switches that make it what it should have been, where that differs, and the
            hyperparameter that must be above 1 for it to differ.
    """

    build: Callable[..., Any]
    seeds: tuple[int, ...] = SEEDS
    trained: bool = False
    defects: Mapping[str, Any] = {}
    repaired: Mapping[str, Any] = {}
    needs: str = ""

    def corrected(self, hyperparameters: str) -> bool:
        """Whether the numbers without the defects differ from the published ones."""
        return bool(self.repaired) and (not self.needs or read(hyperparameters)[self.needs] > 1)


def read(hyperparameters: str) -> dict[str, Any]:
    """Reads `name=value;name=value`.

    Example:
        >>> read("C=0.1;repeats=5;observable_type=full")
        {'C': 0.1, 'repeats': 5, 'observable_type': 'full'}
    """
    return {name: _value(text) for name, text in (p.split("=") for p in hyperparameters.split(";"))}


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _svc(**parameters: Any) -> Any:
    from sklearn.svm import SVC

    return SVC(**parameters)


def _ours(name: str) -> Callable[..., Any]:
    def build(**parameters: Any) -> Any:
        import qjax
        from qjax import estimators

        # Double precision, as in the study: labels near the margin depend on it.
        return getattr(estimators, name)(**parameters, engine=qjax.Statevector(dtype="complex128"))

    return build


def _boltzmann(visible_qubits: str, **parameters: Any) -> Any:
    from qjax.estimators import QuantumBoltzmannMachine

    # What the files call "all" the code of the study calls "full".
    visible = {"all": "full"}.get(visible_qubits, visible_qubits)
    return QuantumBoltzmannMachine(visible, **parameters)


def _convolutional(**parameters: Any) -> Any:
    from qjax.estimators import ConvolutionalNeuralNetwork

    return ConvolutionalNeuralNetwork(**parameters)


def _weinet(filter_name: str, **parameters: Any) -> Any:
    # The filter divides out of the operators: the grid search gives the same for every one.
    return _ours("WeiNet")(**parameters)


_FIRST_ONLY, _EVERY = {"entangle_every_repeat": False}, {"entangle_every_repeat": True}

MODELS = {
    "SVC": Model(_svc, (0,)),
    "IQPKernelClassifier": Model(
        _ours("IQPKernelClassifier"),
        (0,),
        defects=_FIRST_ONLY,
        repaired=_EVERY,
        needs="repeats",
    ),
    "SeparableKernelClassifier": Model(_ours("SeparableKernelClassifier"), (0,)),
    "ProjectedQuantumKernel": Model(
        _ours("ProjectedQuantumKernel"),
        SEEDS,
        defects={"gamma_of": "rows"},
        repaired={"gamma_of": "train"},
    ),
    "IQPVariationalClassifier": Model(
        _ours("IQPVariationalClassifier"),
        SEEDS,
        trained=True,
        defects=_FIRST_ONLY,
        repaired=_EVERY,
        needs="repeats",
    ),
    **{
        name: Model(_ours(name), SEEDS, trained=True)
        for name in (
            "DataReuploadingClassifier",
            "SeparableVariationalClassifier",
            "TreeTensorClassifier",
            "CircuitCentricClassifier",
            "DressedQuantumCircuitClassifier",
        )
    },
    "QuantumBoltzmannMachine": Model(
        _boltzmann,
        SEEDS,
        trained=True,
        defects={"shared_pairs": True},
        repaired={"shared_pairs": False},
    ),
    "QuantumMetricLearner": Model(
        _ours("QuantumMetricLearner"),
        SEEDS,
        trained=True,
        defects={
            "fresh_examples": True,
            "batch_size": 16,
            "feature_range": (-math.pi / 2, math.pi),
        },
    ),
    "ConvolutionalNeuralNetwork": Model(_convolutional, SEEDS, trained=True),
    "QuanvolutionalNeuralNetwork": Model(_ours("QuanvolutionalNeuralNetwork"), SEEDS, trained=True),
    "WeiNet": Model(
        _weinet,
        SEEDS,
        trained=True,
        defects={"shared_shift": True},
        repaired={"shared_shift": False},
    ),
}


# Rows that are of a later version of the study's code, and what differed there.
_LATER: dict[str, Mapping[str, Any]] = {
    f"hyperplanes_diff/QuantumMetricLearner/{number}": {
        "feature_range": (-math.pi / 2, math.pi / 2)
    }
    for number in (19, 20)
}


def run(wanted: list[Cell], published: list[dict]) -> Iterator[tuple[Cell, Outcome]]:
    """Fits each model once for the cells that it gives."""
    rows = {f"{row['family']}/{row['model']}/{row['number']}": row for row in published}
    groups: dict[tuple[str, bool], list[Cell]] = {}
    for cell in wanted:
        name, part = cell.key.rsplit("/", 1)
        groups.setdefault((name, part.endswith("_corrected")), []).append(cell)
    for (name, corrected), cells in groups.items():
        row = rows[name]
        model = MODELS[row["model"]]
        switches = model.repaired if corrected else {**model.defects, **_LATER.get(name, {})}
        accuracies, seconds = _accuracies(model, row, switches)
        for cell in cells:
            part = cell.key.rsplit("/", 1)[1].removesuffix("_corrected")
            # Half of what gives both parts, asked for or not: as the published seconds are shared.
            yield cell, Outcome(accuracies[part], seconds=seconds / 2)


def _accuracies(
    model: Model, row: dict, switches: Mapping[str, Any]
) -> tuple[dict[str, float], float]:
    """Mean accuracies over the seeds, and the seconds of fitting and scoring them all."""
    import jax

    examples = _examples(row["family"], row["number"])
    # The features of an image are its pixels, row by row.
    parts = {name: (x.reshape(len(x), -1), y) for name, (x, y) in examples.items()}
    # The study ran in double precision and before JAX made its random streams partitionable.
    with jax.enable_x64(True), jax.threefry_partitionable(False):
        begin = time.perf_counter()
        one = model.build(**read(row["hyperparameters"]), **switches)
        if model.trained:
            fitted = one.fit_seeds(*parts["train"], model.seeds)
        elif len(model.seeds) == 1:
            fitted = [one.fit(*parts["train"])]
        else:
            builds = ({**one.get_params(), "random_state": seed} for seed in model.seeds)
            fitted = [type(one)(**parameters).fit(*parts["train"]) for parameters in builds]
        scores = {
            name: sum(f.score(*part) for f in fitted) / len(fitted) for name, part in parts.items()
        }
        return scores, time.perf_counter() - begin


def _examples(family: str, number: int) -> dict[str, Any]:
    if family in _mnist.FAMILIES:
        return _mnist.load(family, number)
    return _data(family)[number]._asdict()


@cache
def _data(family: str) -> Any:
    from qjax.data import bowles_benchmark

    largest = {"bars_and_stripes": 32}.get(family, 20 if family.endswith("diff") else 10)
    return bowles_benchmark(family, upto=largest)
