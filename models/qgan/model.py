"""The generators, the discriminator, and the game as one loss."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

import qjax
from models.distributions import numbers
from qjax.library import hardware_efficient, hardware_efficient_shape
from qjax.nn import initializers
from qjax.train import kl_divergence

from .config import Config


class QuantumGenerator(nnx.Module):
    """The distribution of measuring a circuit of RY and CZ that starts in the uniform state.

    Zoufal, Lucchi and Woerner, arXiv 1904.00043, with all qubits in a ring of CZ.
    """

    def __init__(self, config: Config, *, rngs: nnx.Rngs):
        self.n = config.qubits
        shape = hardware_efficient_shape(config.depth + 1, self.n, ("ry",))
        self.angles = nnx.Param(initializers.small_angle()(rngs.params(), shape))

    def __call__(self) -> jax.Array:
        return qjax.probabilities(self.circuit())

    def circuit(self) -> qjax.Circuit:
        angles, qubits = self.angles[...], range(self.n)
        circuit = qjax.Circuit(self.n).h(qubits)
        circuit = hardware_efficient(circuit, angles[:-1], ("ry",), "ring", "cz")
        return circuit.ry(angles[-1, :, 0], qubits)

    def measured(self, key: jax.Array, shots: int) -> jax.Array:
        """The frequencies of so many measurements, ``[2**n]``."""
        drawn = numbers(qjax.sample(self.circuit(), key, shots))
        return jnp.bincount(drawn, length=2**self.n) / shots


class ClassicalGenerator(nnx.Module):
    """A softmax over the grid of the energies that a small network gives its points.

    A hidden unit has three numbers; there are as many as come nearest to `parameters`.
    """

    def __init__(self, config: Config, parameters: int, *, rngs: nnx.Rngs):
        hidden = max(1, round(parameters / 3))
        self.size = 2**config.qubits
        self.first = nnx.Linear(1, hidden, rngs=rngs)
        # A constant energy would change nothing.
        self.last = nnx.Linear(hidden, 1, use_bias=False, rngs=rngs)

    def __call__(self) -> jax.Array:
        grid = jnp.linspace(-1.0, 1.0, self.size)[:, None]
        return jax.nn.softmax(self.last(jnp.tanh(self.first(grid)))[:, 0])

    def measured(self, key: jax.Array, shots: int) -> jax.Array:
        """The frequencies of so many draws, ``[2**n]``."""
        p = jax.lax.stop_gradient(self())
        drawn = jax.random.categorical(key, jnp.log(p), shape=(shots,))
        return jnp.bincount(drawn, length=p.size) / shots


class GAN(nnx.Module):
    """A generator and a discriminator of prices, which are scaled to [-1, 1]."""

    def __init__(self, generator: Any, config: Config, *, rngs: nnx.Rngs):
        self.generator = generator
        widths = (1, 50, 20, 1)
        self.discriminator = nnx.List(
            [nnx.Linear(a, b, rngs=rngs) for a, b in itertools.pairwise(widths)]
        )

    def logits(self, prices: jax.Array) -> jax.Array:
        """How real prices ``[k]`` look, ``[k]``."""
        x = prices[:, None]
        for layer in self.discriminator[:-1]:
            x = jax.nn.leaky_relu(layer(x), 0.2)
        return self.discriminator[-1](x)[:, 0]


def loss(config: Config) -> Callable[..., Any]:
    r"""Returns the game as one loss, of which each player feels its own part only.

    With the generator's probabilities p at the grid points g and the discriminator D,

    .. math:: L_D = -\mathbb{E}_x \log D(x) - \sum_j p_j \log (1 - D(g_j))
              + \lambda \, \mathbb{E}_x |\nabla \operatorname{logit} D(x)|^2, \qquad
              L_G = -\sum_j p_j \log D(g_j)

    L_D + L_G with p held fixed in the first and D in the second has both gradients, so one
    optimizer takes both players' steps at once. A batch holds the numbers of grid points.
    """
    size = 2**config.qubits
    grid = np.linspace(-1.0, 1.0, size, dtype=np.float32)

    def game(model: GAN, batch: jax.Array, key: jax.Array | None) -> Any:
        points = jnp.asarray(grid)
        p = model.generator()
        if key is not None and config.shots:
            # What is seen is measured; the derivative is that of the probabilities.
            p = p + jax.lax.stop_gradient(model.generator.measured(key, config.shots) - p)
        data = jnp.bincount(batch, length=size) / batch.size
        here = model.logits(points)
        real, made = jax.nn.softplus(-here), jax.nn.softplus(here)
        slope = jax.vmap(jax.grad(lambda x: model.logits(x[None])[0]))(points)
        discriminator = jnp.vdot(data, real + config.penalty * slope**2) + jnp.vdot(
            jax.lax.stop_gradient(p), made
        )
        generator = jnp.vdot(p, jax.lax.stop_gradient(real))
        metrics = {
            "discriminator": discriminator,
            "generator": generator,
            # Of the frequencies of a batch where the model was never seen to give a price.
            "relative_entropy": kl_divergence(data, p, floor=1e-8),
        }
        return discriminator + generator, metrics

    return game


def optimizer(config: Config, generator_rate: float) -> optax.GradientTransformation:
    """Returns AMSGrad with a learning rate for each player.

    The moments forget quickly, as the other player changes what is to be learnt.
    """

    def player(params: Any) -> Any:
        return jax.tree_util.tree_map_with_path(
            lambda path, _: (
                "generator" if "generator" in jax.tree_util.keystr(path[:1]) else "discriminator"
            ),
            params,
        )

    rates = {"generator": generator_rate, "discriminator": config.discriminator_rate}
    return optax.partition(
        {name: optax.amsgrad(rate, b1=0.7, b2=0.99) for name, rate in rates.items()}, player
    )
