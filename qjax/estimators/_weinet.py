"""Correlations of an image that is shifted by one pixel, in a trained mixture."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from qjax.circuit import Circuit, Z
from qjax.estimators._convolutional import side_of
from qjax.estimators._descent import Model, Params, logistic_loss
from qjax.estimators._stream import rows_of
from qjax.estimators._study_trained import StudyClassifier
from qjax.library import amplitude_encoding
from qjax.measure import expectation

_STEPS = (-1, 0, 1)
_SHIFTS = tuple((down, right) for down in _STEPS for right in _STEPS)
_BLOCK = 128  # Images whose states are held at once.


@functools.partial(jax.jit, static_argnames=("shifts", "engine"))
def correlations(images: jax.Array, shifts: tuple[tuple[int, int], ...], engine: Any) -> jax.Array:
    """What is measured of each image after each shift.

    Args:
        images: ``[samples, side, side]``, the side a power of two; the first half of the qubits
            holds the row.
        shifts: Pixels down and to the right of which each pixel takes its value, around the edges.
        engine: How to run the circuits.

    Returns:
        ``[samples, shifts, values]``: means of Z and ZZ on all qubits but the last one of the row
        and the last one of the column, and 1.
    """
    _, side, _ = images.shape
    half = (side - 1).bit_length()
    rows, columns = range(half), range(half, 2 * half)
    kept = [q for q in (*rows, *columns) if q not in (rows[-1], columns[-1])]
    observables = []
    for place, q in enumerate(kept):
        observables += [Z(q), *(Z(q) @ Z(other) for other in kept[place + 1 :])]
    # A pixel's new value is that of the pixel so far after it.
    moves = jnp.asarray(
        [[np.roll(np.eye(side), step, 1) for step in shift] for shift in shifts], images.dtype
    )

    def measured(image: jax.Array, move: jax.Array) -> jax.Array:
        circuit = amplitude_encoding(Circuit(2 * half), image.reshape(-1))
        circuit = circuit.unitary(move[0], rows).unitary(move[1], columns)
        values = expectation(circuit, observables, engine=engine)
        return jnp.append(values, jnp.ones((), values.dtype))

    return jax.vmap(jax.vmap(measured, (None, 0)), (0, None))(images, moves)


class _Correlations(TransformerMixin, BaseEstimator):
    """Images, filled up with dark pixels to a power of two, to ``[samples, shifts * values]``."""

    def __init__(self, shifts: tuple[tuple[int, int], ...], engine: Any):
        self.shifts = shifts
        self.engine = engine

    def fit(self, X: np.ndarray) -> _Correlations:
        self._side = side_of(X.shape[1], 3)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        if not X.any(1).all():
            raise ValueError("Argument `X` must have no row of zeros only: it is not a state.")
        side = 1 << (self._side - 1).bit_length()

        def block(x: np.ndarray) -> jax.Array:
            images = x.reshape(-1, self._side, self._side)
            padded = np.pad(images, [(0, 0), *[(0, side - self._side)] * 2])
            floats = jnp.asarray(padded, jnp.result_type(float))
            return correlations(floats, self.shifts, self.engine).reshape(len(x), -1)

        return rows_of(block, X, _BLOCK)


@dataclasses.dataclass(frozen=True)
class Mixture:
    """See `WeiNet`."""

    shifts: int  # 9, or 1 where all are one.
    values: int

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Normal, weights that fall with their number."""
        return {
            "s": jax.random.normal(key(), (len(_SHIFTS),)),
            "weights": jax.random.normal(key(), (self.values,)) / self.values,
        }

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """The logit: the weighted sum of what is measured of the mixture."""
        likely = jax.nn.softmax(params["s"]).reshape(self.shifts, -1).sum(1)
        measured = x.reshape(-1, self.shifts, self.values)
        return jnp.einsum("nsv,s,v->n", measured, likely, params["weights"])

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """Cross-entropy of the logistic function."""
        return logistic_loss(self.decision(params, x), y)


class WeiNet(StudyClassifier):
    r"""Linear model of correlations of a shifted image, for two classes.

    .. math:: f(x) = \sum_{\mu\nu} p_{\mu\nu} \sum_j w_j
              \langle x| Q_{\mu\nu}^\dagger O_j Q_{\mu\nu} |x\rangle,
              \qquad Q_{\mu\nu} = S_\mu \otimes S_\nu, \quad \mu, \nu \in \{-1, 0, 1\}

    Features are the pixels of a square image row by row: the amplitudes, which half of the qubits
    number by row and half by column. S shifts by a pixel around the edge. The nine operators of a
    3 x 3 filter are applied by an ancilla register that is not measured, which makes them a mixture
    p; it is trained, and so are the weights. O are Z and ZZ on the qubits that pooling leaves, all
    but the last one of row and column, and the identity. The entries of the filter itself, a factor
    of each operator, have no effect: an operator must be unitary. Loss: the cross-entropy of the
    logistic function.

    Args:
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        shared_shift: Whether all nine operators are the last one, by one pixel in both directions.
            The original code did so: its circuits looked up the loop's counters when they were run.
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
        Wei et al., arXiv 2104.06918; Bowles, Ahmed and Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import WeiNet
        >>> model = WeiNet(learning_rate=0.01, random_state=0)
        >>> model.get_params()["shared_shift"]
        False
    """

    scaling = 1.0  # A factor of all amplitudes is none.

    def __init__(
        self,
        *,
        learning_rate: float = 0.1,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        shared_shift: bool = False,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.shared_shift = shared_shift
        self.random_state = random_state
        self.engine = engine

    def _shifts(self) -> tuple[tuple[int, int], ...]:
        return _SHIFTS[-1:] if self.shared_shift else _SHIFTS

    def _new_scaler(self) -> Any:
        return _Correlations(self._shifts(), self.engine)

    def _model(self, features: int) -> Model:
        shifts = len(self._shifts())
        return Mixture(shifts, features // shifts)
