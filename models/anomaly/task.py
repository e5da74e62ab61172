"""The task: learn what is ordinary, score the rest, compare with classical detectors."""

from __future__ import annotations

import types
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from sklearn.metrics import roc_auc_score

import qjax
from qjax.data import Examples, Scaler, Split
from qjax.nn import count_parameters
from qjax.plot import roc
from qjax.train import Workspace

from .config import Config
from .data import TASKS, scaled, scaler_of
from .detectors import Scores, isolation_forest, quantum_kernel, rbf_svm
from .model import (
    DenseAutoencoder,
    QuantumAutoencoder,
    angles,
    embed,
    encoded,
    hidden_width,
)

PAPER = "Romero et al. 2017, arXiv 1612.02806"
METRIC = "test_auc"
METHODS = {
    "quantum_autoencoder": "quantum autoencoder",
    "quantum_kernel": "quantum kernel",
    "autoencoder": "dense autoencoder",
    "rbf_svm": "RBF SVM",
    "isolation_forest": "isolation forest",
}
FALSE_ALARMS = 0.05  # share of ordinary validation samples above the threshold


def train(config: Config, run: Workspace) -> None:
    """Trains every detector on every data set, and draws their characteristics."""
    for name in config.data:
        raw = TASKS[name].load()
        if not run.has(f"{name}_scores"):
            scaler = scaler_of(raw.train.inputs)
            run.save(f"{name}_scaler", **scaler._asdict())
            parts = (raw.train, raw.valid, raw.test)
            data = Split(*(Examples(scaled(scaler, p.inputs), p.labels) for p in parts))
            scores = {
                "quantum_autoencoder": _quantum_autoencoder(config, run, name, data),
                "quantum_kernel": quantum_kernel(config, data),
                "autoencoder": _autoencoder(config, run, name, data),
                "rbf_svm": rbf_svm(config, data),
                "isolation_forest": isolation_forest(config, data),
            }
            run.save(f"{name}_scores", **{k: np.concatenate(v) for k, v in scores.items()})
        found = {METHODS[k]: test for k, (_, test) in _scores(run, name, raw).items()}
        title = f"{name.replace('_', ' ')}: {len(raw.test.labels)} test samples"
        run.figure(f"{name}_roc", roc(raw.test.labels > 0, found, title=title))
    results = evaluate(config, run)
    for name in config.data:
        areas = (f"{shown} {results[f'{name}_{k}_auc']:.3f}" for k, shown in METHODS.items())
        run.say(f"{name}: area under the curve: {', '.join(areas)}")


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns areas under the curve, and what the quantum autoencoder finds at a threshold.

    The threshold is the 95th percentile of its scores of ordinary validation samples.
    """
    results: dict[str, float | int] = {}
    for name in config.data:
        task, raw = TASKS[name], TASKS[name].load()
        labels, scores = raw.test.labels, _scores(run, name, raw)
        for method, (_, test) in scores.items():
            results[f"{name}_{method}_auc"] = float(roc_auc_score(labels > 0, test))
        valid, test = scores["quantum_autoencoder"]
        above = test > _threshold(valid, raw)
        results[f"{name}_false_alarms"] = float(above[labels == 0].mean())
        for label, kind in enumerate(task.kinds[1:], start=1):
            results[f"{name}_found_{kind}"] = float(above[labels == label].mean())
    first = config.data[0]
    quantum, dense = _models(config, TASKS[first].features)
    return {
        "test_auc": results[f"{first}_quantum_autoencoder_auc"],
        "parameters": count_parameters(quantum),
        "baseline_auc": results[f"{first}_autoencoder_auc"],
        "baseline_parameters": count_parameters(dense),
        **results,
    }


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the quantum autoencoder's scores, and whether each is above the threshold.

    Args:
        config: Settings of the run.
        run: Its folder.
        inputs: Features of the first data set in their natural units, `[n, features]`.
    """
    name = config.data[0]
    raw = TASKS[name].load()
    model = _models(config, TASKS[name].features)[0]
    run.restore(f"{name}_quantum_autoencoder", model)
    x = scaled(Scaler(**run.load(f"{name}_scaler")), inputs)
    scores = _run(model, angles(x, config.qubits, config.scale))
    valid, _ = _scores(run, name, raw)["quantum_autoencoder"]
    return {"score": scores, "anomaly": (scores > _threshold(valid, raw)).astype(np.int32)}


def features(config: Config) -> int:
    """Returns the number of features of the first data set."""
    return TASKS[config.data[0]].features


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """Returns a sample behind the encoder, and the circuit whose first amplitude is the kernel."""
    inputs = TASKS[config.data[0]].load().train.inputs
    two = scaled(scaler_of(inputs), inputs[:2])
    x, y = jnp.asarray(angles(two, config.qubits, config.scale))
    model = _models(config, features(config))[0]
    kernel = embed(x, config.qubits) + embed(y, config.qubits).inverse()
    return {"autoencoder": (encoded(model.weights[...], x), qjax.Z(0)), "kernel": (kernel, None)}


def _models(config: Config, width: int) -> tuple[QuantumAutoencoder, DenseAutoencoder]:
    """Returns the autoencoders for so many features, of about as many parameters."""
    rngs = nnx.Rngs(params=config.seed)
    quantum = QuantumAutoencoder(config.qubits, config.trash, config.layers, rngs=rngs)
    hidden = hidden_width(count_parameters(quantum), width)
    return quantum, DenseAutoencoder(width, hidden, rngs=rngs)


def _quantum_autoencoder(config: Config, run: Workspace, name: str, data: Split) -> Scores:
    parts = (data.train, data.valid, data.test)
    loaded = (p._replace(inputs=angles(p.inputs, config.qubits, config.scale)) for p in parts)
    model = _models(config, data.train.inputs.shape[1])[0]
    return _fitted(config, run, f"{name}_quantum_autoencoder", model, Split(*loaded))


def _autoencoder(config: Config, run: Workspace, name: str, data: Split) -> Scores:
    model = _models(config, data.train.inputs.shape[1])[1]
    return _fitted(config, run, f"{name}_autoencoder", model, data)


def _fitted(config: Config, run: Workspace, name: str, model: Any, data: Split) -> Scores:
    """Trains an autoencoder on ordinary samples only, the choice of its epoch among them."""
    ordinary = data.valid.inputs[data.valid.labels == 0]
    batch = min(config.batch_size, len(data.train.inputs))
    steps = config.epochs * (len(data.train.inputs) // batch)
    run.fit(
        name,
        model,
        optax.adam(optax.cosine_decay_schedule(config.learning_rate, steps)),
        lambda model, x, key: model(x).mean(),
        types.SimpleNamespace(train=data.train.inputs, valid=ordinary),
        epochs=config.epochs,
        batch_size=batch,
        seed=config.seed,
    )
    return _run(model, data.valid.inputs), _run(model, data.test.inputs)


def _run(model: nnx.Module, inputs: np.ndarray) -> np.ndarray:
    return np.asarray(nnx.jit(lambda model, x: model(x))(model, jnp.asarray(inputs)))


def _scores(run: Workspace, name: str, raw: Split) -> dict[str, Scores]:
    saved, cut = run.load(f"{name}_scores"), len(raw.valid.labels)
    return {method: (saved[method][:cut], saved[method][cut:]) for method in METHODS}


def _threshold(valid: np.ndarray, raw: Split) -> float:
    return float(np.quantile(valid[raw.valid.labels == 0], 1 - FALSE_ALARMS))
