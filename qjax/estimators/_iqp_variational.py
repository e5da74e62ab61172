"""IQP states, told apart by a trained circuit."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Z
from qjax.estimators._descent import Model, Params
from qjax.estimators._parameters import check_whole
from qjax.estimators._stream import rows_of
from qjax.estimators._study_kernels import IQPEmbedding
from qjax.estimators._study_trained import Shared, StudyClassifier
from qjax.library import strongly_entangling, strongly_entangling_shape
from qjax.measure import expectation, statevector, unitary


@dataclasses.dataclass(frozen=True)
class IQPVariational:
    """See `IQPVariationalClassifier`."""

    features: int
    embed: IQPEmbedding
    layers: int
    engine: Any

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Angles up to a turn."""
        shape = strongly_entangling_shape(self.layers, self.features)
        return {"weights": 2 * jnp.pi * jax.random.uniform(key(), shape)}

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """The correlation of the first two qubits."""
        observable = Z(0) @ Z(1) if self.features > 1 else Z(0)

        def value(x: jax.Array) -> jax.Array:
            circuit = strongly_entangling(self.embed(x), params["weights"], gate="cz")
            return expectation(circuit, observable, engine=self.engine)

        return jax.vmap(value)(x)

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """The probability of the wrong label."""
        return _wrong(self.decision(params, x), y)


@dataclasses.dataclass(frozen=True)
class IQPTogether:
    """Circuits of any repeats and layers as one.

    A sample is its embedded state, so that the repeats are in the data. Layers that a fit does not
    have are zeros behind its own: their gates are diagonal, as is what is measured, and change
    nothing. The trained circuit is one matrix for all samples.
    """

    features: int
    layers: int
    engine: Any

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Angles up to a turn, of all layers."""
        shape = strongly_entangling_shape(self.layers, self.features)
        return self.extended({"weights": 2 * jnp.pi * jax.random.uniform(key(), shape)})

    def extended(self, params: Params) -> Params:
        """Those of fewer layers, filled up, and which layers there are."""
        weights = np.asarray(params["weights"])
        missing = self.layers - len(weights)
        there = (np.arange(self.layers) < len(weights)).astype(weights.dtype)
        padded = np.pad(weights, ((0, missing), (0, 0), (0, 0)))
        return {"weights": padded, "there": there[:, None, None]}

    def embedded(self, embed: IQPEmbedding, x: np.ndarray) -> np.ndarray:
        """The states of samples, real parts and then imaginary ones: ``[samples, 2**(n + 1)]``."""
        return rows_of(functools.partial(_embedded, embed, self.engine), x)

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """As that of `IQPVariational`."""
        weights = params["weights"] * jax.lax.stop_gradient(params["there"])
        circuit = strongly_entangling(Circuit(self.features), weights, gate="cz")
        matrix = unitary(circuit, engine=self.engine)
        real, imag = matrix.real.T, matrix.imag.T
        final = x @ jnp.block([[real, imag], [-imag, real]])
        both = [1, -1, -1, 1] if self.features > 1 else [1, -1]
        signs = np.tile(np.repeat(both, 2**self.features // len(both)), 2)
        return final**2 @ jnp.asarray(signs, x.dtype)

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """The probability of the wrong label."""
        return _wrong(self.decision(params, x), y)


def _wrong(decision: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.mean((1 - decision * y) / 2)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _embedded(embed: IQPEmbedding, engine: Any, x: jax.Array) -> jax.Array:
    states = jax.vmap(lambda x: statevector(embed(x), engine=engine))(x)
    return jnp.concatenate([states.real, states.imag], 1)


class IQPVariationalClassifier(StudyClassifier):
    r"""Trained circuit behind an IQP embedding, for two classes.

    .. math:: f(x) = \langle 0| U(x)^\dagger V(\theta)^\dagger \, Z_0 Z_1 \, V(\theta) U(x)
              |0\rangle

    U is the embedding of `IQPKernelClassifier`, V is `qjax.library.strongly_entangling` with CZ.
    The loss is the probability of the wrong label, (1 - y f) / 2.

    Args:
        repeats: How often the embedding is repeated.
        n_layers: Layers of V.
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        scaling: Factor of the features, which are scaled to :math:`[-\pi/2, \pi/2]` first.
        entangle_every_repeat: As in `IQPKernelClassifier`.
        random_state: Seed, an integer. With JAX's 64-bit mode and without
            ``jax_threefry_partitionable`` the draws are those of the study.
        engine: How to run the circuits, as in `qjax.expectation`.

    Attributes:
        classes_: Labels.
        params_: Trained arrays by name.
        loss_curve_: Loss of each step.
        converged_: Whether the loss was flat in the end.
        n_features_in_: Number of features.

    References:
        Havlicek et al., Nature 567, 209 (2019), arXiv 1804.11326; Bowles, Ahmed and Schuld (2024),
        arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import IQPVariationalClassifier
        >>> model = IQPVariationalClassifier(n_layers=5, random_state=0)
        >>> model.get_params()["n_layers"]
        5
    """

    def __init__(
        self,
        repeats: int = 1,
        *,
        n_layers: int = 10,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        entangle_every_repeat: bool = True,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.repeats = repeats
        self.n_layers = n_layers
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.entangle_every_repeat = entangle_every_repeat
        self.random_state = random_state
        self.engine = engine

    def _model(self, features: int) -> Model:
        check_whole(self, "repeats", "n_layers")
        embed = IQPEmbedding(self.repeats, bool(self.entangle_every_repeat))
        return IQPVariational(features, embed, self.n_layers, self.engine)

    def _shared(self, models: Collection[Any]) -> Shared:
        model: Any = self._fitted
        # Beyond, the trained circuit's matrix takes more than the states of a batch.
        if 2**model.features > 2 * self.batch_size:
            return super()._shared(models)
        one = IQPTogether(model.features, max(each.layers for each in models), model.engine)
        return Shared(
            one,
            functools.partial(one.embedded, model.embed),
            one.extended,
            lambda params: {"weights": params["weights"][: model.layers]},
        )
