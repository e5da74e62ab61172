"""What the trained classifiers of the study of Bowles, Ahmed and Schuld share."""

from __future__ import annotations

import copy
import functools
import warnings
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from qjax.estimators._descent import Descent, Model, Params, Runs, Stop, descend, filled
from qjax.estimators._parameters import check_above_zero, check_whole
from qjax.estimators._scaled import ScaledClassifier
from qjax.estimators._stream import rows_of


class Shared(NamedTuple):
    """How an estimator takes part in a program that serves several models.

    Attributes:
        model: What runs; those with an equal one share a program.
        samples: From scaled samples to those that it takes.
        params: From parameters of the estimator's own model to its.
        own: The way back.
    """

    model: Model
    samples: Callable[[np.ndarray], np.ndarray] = lambda samples: samples
    params: Callable[[Params], Params] = lambda params: params
    own: Callable[[Params], Params] = lambda params: params


class StudyClassifier(ScaledClassifier):
    """Two classes, told apart by the sign of what a model gives; trained until the loss is flat.

    Seeds become keys and batches as in the study: every draw takes one integer of a generator.
    """

    learning_rate: Any
    batch_size: Any
    max_steps: Any
    convergence_interval: Any
    random_state: Any

    _integers: ClassVar[int] = 1000000  # Keys are made from integers below.

    def _model(self, features: int) -> Model:
        """The model for so many scaled features; raises where a parameter is wrong."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any) -> Any:
        """Fits the model to samples ``[samples, features]`` and their labels ``[samples]``.

        Warns:
            ConvergenceWarning: If the loss was not flat after `max_steps`.
        """
        self._take(self._train(X, y, [self.random_state]), 0)
        return self

    def fit_seeds(self, X: Any, y: Any, seeds: Sequence[int]) -> list[Any]:
        """Fits copies of this estimator, one for each `random_state` of `seeds`, as one program."""
        shared = clone(self)
        found = shared._train(X, y, seeds)
        fitted = []
        for run, seed in enumerate(seeds):
            one = copy.copy(shared).set_params(random_state=seed)
            one._take(found, run)
            fitted.append(one)
        return fitted

    def decision_function(self, X: Any) -> np.ndarray:
        """Numbers ``[samples]``, above 0 for the second of `classes_`."""
        x = self._new_data(X)
        values = rows_of(functools.partial(_decisions, self._fitted, self.params_), x)
        return values.astype(np.float64)

    def predict(self, X: Any) -> np.ndarray:
        """Labels ``[samples]``."""
        second = self.decision_function(X) > 0
        return self.classes_[second.astype(int)]

    def _train(self, X: Any, y: Any, seeds: Sequence[int]) -> Descent:
        x, labels = self._begin(X, y)
        draws, params = zip(*map(self._start, seeds), strict=True)
        runs = Runs(
            jax.tree.map(lambda *leaves: jnp.stack(leaves), *params),
            np.stack(draws),
            np.full(len(seeds), float(self.learning_rate)),
            np.zeros(len(seeds), int),
        )
        data = filled([self._batched(x, labels)])
        batch_size, stop = self._course()
        return descend(self._fitted, runs, data, batch_size=batch_size, stop=stop)

    def _begin(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Makes the model; returns the scaled samples and the labels, 0 and 1."""
        check_whole(self, "batch_size", "max_steps", "convergence_interval")
        check_above_zero(self, "learning_rate", "scaling")
        x, labels = self._fit_data(X, y)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. Argument `y` must have two classes, but "
                f"has {len(self.classes_)}."
            )
        self._fitted = self._model(x.shape[1])
        return x, labels

    def _course(self) -> tuple[int, Stop]:
        """The size of a batch, and when to stop."""
        return int(self.batch_size), Stop(int(self.convergence_interval), int(self.max_steps))

    def _shared(self, models: Collection[Model]) -> Shared:
        """The program that serves this estimator among others, which have these models."""
        return Shared(self._fitted)

    def _batched(self, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What batches are drawn from, the same rows of both: samples, and labels -1 and 1."""
        return x, 2 * labels - 1

    def _start(self, seed: int) -> tuple[np.ndarray, Params]:
        """The integers of all steps, and the initial parameters, which are drawn before them."""
        rng = np.random.default_rng(seed)
        params = self._fitted.initial(lambda: jax.random.PRNGKey(rng.integers(self._integers)))
        return rng.integers(self._integers, size=self.max_steps), params

    def _take(self, found: Descent, run: int) -> None:
        self.params_ = jax.tree.map(lambda leaf: leaf[run], found.params)
        self.loss_curve_ = found.losses[run]
        self.n_iter_ = len(self.loss_curve_)
        self.converged_ = bool(found.converged[run])
        if not self.converged_:
            warnings.warn(
                f"The loss of {type(self).__name__} is not flat after {self.n_iter_} steps.",
                ConvergenceWarning,
                stacklevel=3,
            )


@functools.partial(jax.jit, static_argnums=0)
def _decisions(model: Model, params: Params, x: jax.Array) -> jax.Array:
    return model.decision(params, x)
