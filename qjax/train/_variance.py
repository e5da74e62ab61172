"""How large gradients are before training: the diagnostic of barren plateaus."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from qjax.train._epoch import objective_function, step_key
from qjax.train._state import Batch, Loss, named_arrays


@dataclasses.dataclass(frozen=True)
class GradientVariance:
    """What `qjax.train.gradient_variance` returns; `print` shows it as a table.

    Attributes:
        arrays: Name of a parameter array to the variance of its partial derivatives over the
            initialisations, the mean over its elements.
        total: The same over all trained parameters.
        samples: Number of initialisations.
        threshold: Variance below which a plateau is to be expected.
    """

    arrays: dict[str, float]
    total: float
    samples: int
    threshold: float

    @property
    def plateau(self) -> bool:
        """Whether the variance of all parameters is below the threshold."""
        return not self.total >= self.threshold

    def __str__(self) -> str:
        rows = {**self.arrays, "all": self.total}
        width = max(map(len, rows))
        lines = [f"variance of the gradient over {self.samples} initialisations"]
        lines += [
            f"  {name:{width}}  {value:.2e}{'  <- small' * (not value >= self.threshold)}"
            for name, value in rows.items()
        ]
        if self.plateau:
            size = math.sqrt(self.total) if self.total >= 0 else math.nan
            lines.append(
                f"A barren plateau is to be expected: derivatives are {size:.1e} in size. Before a "
                "long run start near the identity (qjax.nn.initializers), measure fewer qubits at "
                "once, or use fewer layers."
            )
        return "\n".join(lines)


def gradient_variance(
    make: Callable[[nnx.Rngs], nnx.Module],
    loss: Loss,
    batch: Batch,
    *,
    samples: int = 100,
    seed: int = 0,
    trainable: Any = nnx.Param,
    block: int = 16,
    threshold: float = 1e-6,
) -> GradientVariance:
    r"""Returns the variance of a loss's gradient over random initialisations of a model.

    $$v_k = \operatorname{Var}_{\theta \sim \text{init}}
      \left[ \frac{\partial L(\theta, b)}{\partial \theta_k} \right]$$

    For circuits that are random enough it falls as 2 to the minus number of qubits, and training
    does not get off the ground. One number cannot tell an exponential from a small constant: where
    it is small, compare it at a few sizes of the model before a long run at the largest.

    Args:
        make: `make(rngs)` returns a model, as for `qjax.train.fit_many`.
        loss: As for `qjax.train.fit`, in training mode with a fresh key for each sample.
        batch: Examples that `loss` takes.
        samples: Number of initialisations, at least 2.
        seed: Seed of the first; they are numbered from there.
        trainable: NNX filter of the variables to differentiate by.
        block: Initialisations at a time, to bound memory.
        threshold: Variance below which a plateau is to be expected. The default stands for
            derivatives of 0.001, which it takes a million shots to tell from 0.

    Returns:
        A `GradientVariance`.

    Raises:
        ValueError: If an argument is out of range, or nothing is trainable.

    References:
        McClean et al., 2018, `Barren plateaus in quantum neural network training landscapes
        <https://arxiv.org/abs/1803.11173>`_

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from qjax.nn import QuantumLayer, initializers
        >>> from qjax.train import gradient_variance
        >>> def build(weights, x):
        ...     return qjax.Circuit(2).ry(weights, range(2)).cx(0, 1)
        >>> def make(rngs):
        ...     angles = initializers.uniform_angle()
        ...     return QuantumLayer(build, (2,), qjax.Z(1), initializer=angles, rngs=rngs)
        >>> result = gradient_variance(make, lambda model, x, key: model(x)[0], jnp.zeros(1),
        ...                            samples=2000)
        >>> round(result.total, 2), result.plateau  # The loss is cos(a) cos(b).
        (0.25, False)
    """
    for name, value, least in (("samples", samples, 2), ("block", block, 1)):
        if value < least:
            raise ValueError(f"Argument `{name}` must be at least {least}, but is {value}.")

    def state_of(seed: Any) -> tuple[nnx.State, nnx.State]:
        model = make(nnx.Rngs(jax.random.key(seed)))
        _, params, rest = nnx.split(model, trainable, ...)  # type: ignore[misc]
        return params, rest

    model = make(nnx.Rngs(seed))
    if not jax.tree.leaves(nnx.state(model, trainable)):
        raise ValueError("Argument `trainable` must match variables of the model, but has none.")
    objective = objective_function(model, loss, trainable)
    slope = jax.grad(objective, has_aux=True)

    @jax.jit
    def gradients(seeds: jax.Array, batch: Batch) -> nnx.State:
        def one(seed: jax.Array) -> nnx.State:
            params, rest = state_of(seed)
            return slope(params, rest, batch, step_key(jax.random.key(seed), jnp.int32(0)))[0]

        return jax.lax.map(one, seeds, batch_size=min(block, samples))

    batch = jax.tree.map(jnp.asarray, batch)
    drawn = named_arrays(gradients(seed + jnp.arange(samples), batch))
    # In double precision, on the host: the squares of small numbers are very small.
    spread = {name: np.var(values, axis=0, dtype=np.float64) for name, values in drawn.items()}
    elements = np.concatenate([values.ravel() for values in spread.values()])
    return GradientVariance(
        {name: float(values.mean()) for name, values in spread.items()},
        float(elements.mean()),
        samples,
        threshold,
    )
