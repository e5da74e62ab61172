"""The neuron whose inputs and weights are signs of amplitudes, and how it learns.

Tacchino, Macchiavello, Gerace and Bajoni, npj Quantum Information 5, 26 (2019), arXiv 1811.02266.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

import qjax
from qjax.library import sign_flips

from .config import Config

QUBITS = 4  # 16 pixels
_HIT = qjax.GATES["ccx"].controlled().controlled()


def neuron(inputs: jax.Array, weights: jax.Array) -> qjax.Circuit:
    r"""The circuit of a neuron with signs ``[16]`` for inputs i and for weights w.

    Signs of i make the state :math:`|\psi_i\rangle = \frac14 \sum_j i_j |j\rangle`. What would
    take :math:`|\psi_w\rangle` to \|1111> follows, and a NOT of the last qubit controlled by all
    others: it is then 1 with the probability

    .. math:: |\langle \psi_w | \psi_i \rangle|^2 = \left(\frac{w \cdot i}{16}\right)^2
    """
    pixels = range(QUBITS)
    circuit = sign_flips(qjax.Circuit(QUBITS + 1).h(pixels), inputs)
    circuit = sign_flips(circuit, weights).h(pixels).x(pixels)
    return circuit.apply(_HIT, *range(QUBITS + 1))


def activation(inputs: jax.Array, weights: jax.Array) -> jax.Array:
    """The probability that the neuron fires."""
    return qjax.probabilities(neuron(inputs, weights), QUBITS)[1]


def activations(inputs: jax.Array, weights: jax.Array) -> jax.Array:
    """Probabilities ``[n]`` for images ``[n, 16]``, all in one program."""
    return jax.jit(jax.vmap(activation, (0, None)))(inputs, weights)


def correct(
    config: Config, weights: jax.Array, image: jax.Array, label: jax.Array, key: jax.Array
) -> jax.Array:
    """Weights ``[16]`` after one image: the rule of the paper.

    After a false alarm some of the signs that agree with the image's are flipped, after a miss some
    of those that differ; which ones is random. An image and its negative are one state, so the
    nearer of the two is meant. At least one sign is flipped.
    """
    fires = activation(image, weights) > config.threshold
    image = jnp.where(weights @ image < 0, -image, image)
    agrees = weights == image
    candidates = jnp.where(fires, agrees, ~agrees)
    rate = jnp.where(fires, config.negative_rate, config.positive_rate)
    count = jnp.ceil(rate * jnp.sum(candidates))
    # The candidates in random order come first, and the first `count` of them are flipped.
    order = jnp.argsort(jnp.where(candidates, jax.random.uniform(key, weights.shape), 2.0))
    place = jnp.zeros(weights.shape).at[order].set(jnp.arange(float(len(weights))))
    wrong = fires != (label == 1)
    return jnp.where(wrong & candidates & (place < count), -weights, weights)


def learn(
    config: Config, key: jax.Array, images: jax.Array, labels: jax.Array, target: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    r"""Trains one neuron from random weights, image after image.

    Returns:
        Weights before and after, ``[16]`` each, and the fidelity with the target t before each
        image and after the last, :math:`|\langle \psi_w | \psi_t \rangle|^2`, ``[steps + 1]``.
    """
    start, orders, flips = jax.random.split(key, 3)
    first = jax.random.rademacher(start, images.shape[1:], images.dtype)
    order = jax.vmap(lambda key: jax.random.permutation(key, len(images)))(
        jax.random.split(orders, config.passes)
    ).reshape(-1)

    def fidelity(weights: jax.Array) -> jax.Array:
        return (weights @ target / len(weights)) ** 2

    def step(weights: jax.Array, x: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        index, key = x
        after = correct(config, weights, images[index], labels[index], key)
        return after, fidelity(weights)

    last, course = jax.lax.scan(step, first, (order, jax.random.split(flips, len(order))))
    return first, last, jnp.append(course, fidelity(last))
