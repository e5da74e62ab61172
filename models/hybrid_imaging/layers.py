"""The circuits of the study, and the layers made of them."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import qjax
from qjax.library import hardware_efficient
from qjax.nn import QuantumLayer

from .config import Config


def patch_circuit(weights: jax.Array, patch: jax.Array) -> qjax.Circuit:
    """Returns the circuit of a patch: RY(pi x) for each pixel, then layers of RY, RZ and CX.

    Args:
        weights: Angles `[layers, qubits, 2]`.
        patch: Pixels in [0, 1], `[qubits]`.
    """
    n = patch.shape[0]
    return hardware_efficient(qjax.Circuit(n).ry(math.pi * patch, range(n)), weights)


def quanvolve(weights: jax.Array, patches: jax.Array) -> jax.Array:
    """Returns each filter's expectations of Z on each patch, `[patches, filters * qubits]`.

    Args:
        weights: Angles of the filters, `[filters, layers, qubits, 2]`.
        patches: `[patches, qubits]`, those of all images together.
    """
    observables = [qjax.Z(i) for i in range(patches.shape[1])]

    def values(weights: jax.Array, patch: jax.Array) -> jax.Array:
        return qjax.expectation(patch_circuit(weights, patch), observables)

    of_filters = jax.vmap(values, (0, None))
    return jax.vmap(of_filters, (None, 0))(weights, patches).reshape(patches.shape[0], -1)


def patches_of(images: jax.Array, size: int) -> jax.Array:
    """Returns the patches around every second pixel, `[batch, rows, columns, size^2]`."""
    return jax.lax.conv_general_dilated_patches(
        images,
        (size, size),
        (2, 2),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        precision=jax.lax.Precision.HIGHEST,
    )


class Quanvolution(nnx.Module):
    """Images `[batch, side, side, 1]` -> `[batch, side / 2, side / 2, filters * patch^2]`.

    One circuit a filter and a patch, all patches of all images in one `vmap` (Henderson et al.).
    """

    def __init__(self, config: Config, size: int, *, rngs: nnx.Rngs):
        self.patch = config.patch
        # A key a filter: those of a small size are the first of a larger one.
        keys = [jax.random.fold_in(rngs.params(), filter) for filter in range(size)]
        angles = (config.layers, config.patch**2, 2)
        self.weights = nnx.Param(
            jnp.stack([jax.random.uniform(key, angles, maxval=2 * math.pi) for key in keys])
        )

    def __call__(self, images: jax.Array) -> jax.Array:
        patches = patches_of(images, self.patch)
        values = quanvolve(self.weights[...], patches.reshape(-1, patches.shape[-1]))
        return values.reshape(*patches.shape[:3], -1)


class Convolution(nnx.Module):
    """A 3 x 3 convolution, ReLU, and the largest of each 2 x 2: the shape of `Quanvolution`."""

    def __init__(self, inputs: int, outputs: int, *, rngs: nnx.Rngs):
        self.conv = nnx.Conv(inputs, outputs, (3, 3), rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return nnx.max_pool(nnx.relu(self.conv(x)), (2, 2), strides=(2, 2))


def dressed_circuit(weights: jax.Array, x: jax.Array) -> qjax.Circuit:
    """Returns the circuit of Mari et al. 2020: H and RY(x), then layers of CX and RY.

    Args:
        weights: Angles `[depth, qubits]`.
        x: Angles `[qubits]`.
    """
    n = x.shape[0]
    control = np.r_[0 : n - 1 : 2, 1 : n - 1 : 2]

    def layer(circuit: qjax.Circuit, w: jax.Array) -> qjax.Circuit:
        return circuit.cx(control, control + 1).ry(w, range(n))

    return qjax.Circuit(n).h(range(n)).ry(x, range(n)).repeat(layer, weights)


class Dressed(nnx.Module):
    """Features -> logits, through a circuit (or, with no depth, nothing) between dense layers."""

    def __init__(self, inputs: int, qubits: int, depth: int, classes: int, *, rngs: nnx.Rngs):
        self.before = nnx.Linear(inputs, qubits, rngs=rngs)
        self.circuit = (
            QuantumLayer(
                dressed_circuit,
                (depth, qubits),
                [qjax.Z(i) for i in range(qubits)],
                rngs=rngs,
            )
            if depth
            else None
        )
        # Expectations are small at first: a larger last layer makes up for it.
        last_init = nnx.initializers.variance_scaling(5.0, "fan_in", "truncated_normal")
        self.after = nnx.Linear(qubits, classes, kernel_init=last_init, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = jnp.tanh(self.before(x.reshape(x.shape[0], -1)))
        return self.after(x if self.circuit is None else self.circuit(math.pi / 2 * x))
