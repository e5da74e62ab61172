"""A model that trains in moments, and one of several processes that train it.

`test_hosts.py` starts `python -m tests.train.process COUNT NUMBER PORT FOLDER`. There are four
devices in all, however many processes share them.
"""

import dataclasses
import json
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

import qjax
from qjax.cli import _catalogue, main
from qjax.cli._hosts import Hosts, joined
from qjax.data import Examples, Split
from qjax.nn import QuantumLayer
from qjax.sharding import mesh, on_host
from qjax.train import TrainingError, check_same, cross_entropy, fit_many
from qjax.train._hosts import everyones, together

METRIC, PAPER = "accuracy", ""


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings as a model of `models/` has them."""

    epochs: int = 20
    """Passes over the data, 50 steps each."""
    seed: int = 0
    """Seed."""


VARIANTS = {"default": Config()}


def train(config, run):
    options = {"epochs": config.epochs, "batch_size": 8, "seed": config.seed}
    run.fit("net", model(), optax.adam(0.01), cross_entropy, data(), **options)


def evaluate(config, run):
    _, metrics = cross_entropy(run.restore("net", model()), data().valid, None)
    return {"accuracy": metrics["accuracy"]}


def model():
    def build(weights, x):
        return qjax.Circuit(2).ry(x, range(2)).ry(weights, range(2)).cx(0, 1)

    layer = QuantumLayer(build, (2,), [qjax.Z(0), qjax.Z(1)], rngs=nnx.Rngs(0))
    return nnx.Sequential(layer, nnx.Linear(2, 2, rngs=nnx.Rngs(1)))


def data():
    rng = np.random.default_rng(0)

    def part(length):
        x = rng.normal(size=(length, 2)).astype(np.float32)
        return Examples(x, (x[:, 0] > 0.3).astype(np.int32))

    return Split(part(400), part(21), part(20))


def small_models():
    """Returns what makes this module the one model that the command line knows."""
    return {"models.small": sys.modules[__name__]}, lambda: ["small"]


def command(folder, *more):
    return ["train", "small", "--run-dir", str(folder), *more]


def sweep(folder, **options):
    """Trains four runs at once, and returns their last losses."""
    runs = fit_many(
        lambda rngs: nnx.Linear(2, 2, rngs=rngs),
        optax.adam(0.03),
        cross_entropy,
        data(),
        seeds=range(4),
        epochs=1,
        batch_size=8,
        run_dir=folder,
        progress=False,
        **options,
    )
    return runs.history.valid["loss"][:, -1].tolist()


def state(**options):
    """Returns the amplitudes of five qubits, the real parts first."""
    angles = jnp.linspace(0.1, 2.0, 5)
    circuit = qjax.Circuit(5).ry(angles, range(5)).cx(range(4), range(1, 5)).rx(angles, range(5))
    amplitudes = qjax.statevector(circuit, engine=qjax.Statevector(**options))
    return [*on_host(amplitudes.real).tolist(), *on_host(amplitudes.imag).tolist()]


def refused(work):
    """Returns what is said where `work` is refused."""
    try:
        work()
    except TrainingError as error:
        return str(error)
    return ""


def fail(number):
    if number == 1:
        raise TrainingError("the disk is full")


def facts(count, number, folder):
    found = {
        "told": everyones({"process": number, "text": "é" * number}),
        "differ": refused(lambda: check_same({"model": "small", "depth": number})),
        "failed": refused(lambda: together(lambda: fail(number))),
        "state": state(mesh=mesh(state=4), axis="state"),
    }
    return found | ({"sweep": sweep(folder / "sweep", mesh=mesh(ensemble=4))} if count == 2 else {})


def process(count, number, port, folder):
    hosts = {"coordinator": f"127.0.0.1:{port}", "num_processes": count, "process_id": number}
    with joined(Hosts(**hosts)):
        print("FACTS", json.dumps(facts(count, number, folder)), flush=True)
    modules, _catalogue.names = small_models()
    sys.modules.update(modules)
    options = [f"--{name.replace('_', '-')}={value}" for name, value in hosts.items()]
    # Two are killed, and go on from their last checkpoint; four save as they are stopped.
    options += ["--checkpoint-seconds", "0"] if count == 2 else []
    return main(command(folder / "model", *options))


if __name__ == "__main__":
    count, number, port = map(int, sys.argv[1:4])
    jax.config.update("jax_num_cpu_devices", 4 // count)
    sys.exit(process(count, number, port, pathlib.Path(sys.argv[4])))
