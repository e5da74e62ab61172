"""All settings of a grid on all folds of a data set, trained as one program."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, check_cv

from qjax.estimators._descent import Descent, Model, Params, Runs, descend, filled
from qjax.estimators._study_trained import Shared, StudyClassifier


class GridFits(NamedTuple):
    """A grid of hyperparameters, fitted on every fold.

    Attributes:
        settings: Hyperparameters by name, in the order of `ParameterGrid` of scikit-learn.
        fitted: The estimators, ``fitted[setting][fold]``.
        train_scores: ``[settings, folds]``, accuracy on the rows that each was fitted to.
        test_scores: ``[settings, folds]``, accuracy on the rows that were left out.
    """

    settings: list[dict[str, Any]]
    fitted: list[list[Any]]
    train_scores: np.ndarray
    test_scores: np.ndarray


class _Fit(NamedTuple):
    """One setting on one fold, before training."""

    estimator: Any
    shared: Shared
    samples: np.ndarray  # All of them, as the program takes them.
    batched: tuple[np.ndarray, np.ndarray]
    seeds: np.ndarray
    params: Params


def fit_grid(
    estimator: Any, grid: Any, X: Any, y: Any, cv: Any = 5, *, lanes: int | None = None
) -> GridFits:
    r"""Fits a trained classifier of the study for each setting and fold, as one program.

    Each fit is a lane of a program under ``jax.vmap``: learning rates, folds and initial parameters
    are data. Every lane stops by its own loss, and one that is done makes room for a fit that
    waits. What a lane gives is what `fit` gives for the setting on the rows of the fold, to
    rounding. Settings whose circuits differ have a program each, unless the estimator has one for
    all of them: `IQPVariationalClassifier` has up to six features, for the usual batch of 32.

    Args:
        estimator: A classifier with the method `fit_seeds`, such as `IQPVariationalClassifier`;
            what the grid does not name is as it is here, the seed too.
        grid: Values by name, or a list of such, as in ``sklearn.model_selection.GridSearchCV``.
        X: Samples ``[samples, features]``.
        y: Labels ``[samples]``.
        cv: Folds, as in `GridSearchCV`: a number of stratified folds, a splitter, or pairs of row
            indices for training and testing.
        lanes: How many fits are trained at a time; all by default.

    Raises:
        TypeError: If the estimator is none of these.
        ValueError: If `lanes` is below 1, or a setting is refused by the estimator.

    Warns:
        ConvergenceWarning: If a loss was not flat after `max_steps`.

    References:
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.data import linearly_separable
        >>> from qjax.estimators import SeparableVariationalClassifier, fit_grid
        >>> x, y = linearly_separable(2, samples=20)
        >>> one = SeparableVariationalClassifier(1, max_steps=300, convergence_interval=10)
        >>> fits = fit_grid(one, {"learning_rate": [0.01, 0.1]}, x, y, cv=2)
        >>> fits.settings, fits.test_scores.shape
        ([{'learning_rate': 0.01}, {'learning_rate': 0.1}], (2, 2))
    """
    if not isinstance(estimator, StudyClassifier):
        raise TypeError(
            "Argument `estimator` must be a classifier that has `fit_seeds`, but is "
            f"{type(estimator).__name__}."
        )
    if lanes is not None and lanes < 1:
        raise ValueError(f"Argument `lanes` must be at least 1, but is {lanes}.")
    X, y = np.asarray(X), np.asarray(y)
    settings = list(ParameterGrid(grid))
    folds = list(check_cv(cv, y, classifier=True).split(X, y))
    fits = _fits([clone(estimator).set_params(**s) for s in settings], X, y, folds)
    programs: dict[Any, list[int]] = {}
    for place, fit in enumerate(fits):
        programs.setdefault((fit.shared.model, *fit.estimator._course()), []).append(place)
    right = np.empty((len(fits), len(X)), bool)
    for places in programs.values():
        some = [fits[place] for place in places]
        _train(some, lanes)
        right[places] = _predictions(some, lanes) == y
    rows = right.reshape(len(settings), len(folds), len(X))
    train, test = (
        np.stack([rows[:, k, fold[part]].mean(1) for k, fold in enumerate(folds)], 1)
        for part in (0, 1)
    )
    estimators = [fit.estimator for fit in fits]
    fitted = [estimators[k : k + len(folds)] for k in range(0, len(fits), len(folds))]
    return GridFits(settings, fitted, train, test)


def _fits(
    ones: Sequence[Any], X: np.ndarray, y: np.ndarray, folds: Sequence[tuple[Any, Any]]
) -> list[_Fit]:
    begun = []
    for one in ones:
        for train, _ in folds:
            copy = clone(one)
            begun.append((copy, train, copy._begin(X[train], y[train])[1]))
    models = {one._fitted for one, _, _ in begun}
    fits = []
    for one, train, labels in begun:
        shared = one._shared(models)
        samples = shared.samples(one._new_data(X))
        seeds, params = one._start(one.random_state)
        batched = one._batched(samples[train], labels)
        fits.append(_Fit(one, shared, samples, batched, seeds, shared.params(params)))
    return fits


def _train(fits: Sequence[_Fit], lanes: int | None) -> None:
    """Trains fits that share a program."""
    sets, which = _distinct([fit.batched for fit in fits])
    rates = np.array([float(fit.estimator.learning_rate) for fit in fits])
    seeds = np.stack([fit.seeds for fit in fits])
    runs = Runs(_stacked([fit.params for fit in fits]), seeds, rates, which)
    batch_size, stop = fits[0].estimator._course()
    model = fits[0].shared.model
    found = descend(model, runs, filled(sets), batch_size=batch_size, stop=stop, lanes=lanes)
    for k, fit in enumerate(fits):
        own = fit.shared.own(jax.tree.map(lambda leaf: leaf[k], found.params))  # noqa: B023
        alone = Descent(_stacked([own]), found.losses[k : k + 1], found.converged[k : k + 1])
        fit.estimator._take(alone, 0)


def _predictions(fits: Sequence[_Fit], lanes: int | None) -> np.ndarray:
    """The labels that each of the fits, which share a program, gives all samples."""
    sets, which = _distinct([(fit.samples,) for fit in fits])
    samples = jnp.asarray(np.stack([one for (one,) in sets]), jnp.result_type(float))
    params = _stacked([fit.shared.params(fit.estimator.params_) for fit in fits])
    decisions = _decisions(
        fits[0].shared.model, params, which, samples, min(lanes or len(fits), len(fits))
    )
    above = (np.asarray(decisions) > 0).astype(int)
    return np.stack([fit.estimator.classes_[a] for fit, a in zip(fits, above, strict=True)])


@functools.partial(jax.jit, static_argnames=("model", "lanes"))
def _decisions(
    model: Model, params: Params, which: jax.Array, samples: jax.Array, lanes: int
) -> jax.Array:
    def decide(fit: tuple[Params, jax.Array]) -> jax.Array:
        return model.decision(fit[0], samples[fit[1]])

    return jax.lax.map(decide, (params, which), batch_size=lanes)


def _distinct(items: Sequence[tuple[np.ndarray, ...]]) -> tuple[list[Any], np.ndarray]:
    """The different ones, and which of them each is: many fits share a fold."""
    places: dict[Any, int] = {}
    kept: list[Any] = []
    which = []
    for arrays in items:
        key = tuple((a.shape, a.tobytes()) for a in arrays)
        if key not in places:
            places[key] = len(kept)
            kept.append(arrays)
        which.append(places[key])
    return kept, np.array(which)


def _stacked(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)
