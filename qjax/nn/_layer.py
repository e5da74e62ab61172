"""A circuit as a Flax NNX module."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from qjax.circuit import Circuit, PauliSum
from qjax.measure import expectation
from qjax.nn import initializers
from qjax.nn._spec import Spec

Shape = tuple[int, ...]
Weights = jax.Array | dict[str, jax.Array]
Initializer = Callable[..., jax.Array]


class QuantumLayer(nnx.Module):
    r"""Expectations of a trained circuit, as a layer of a Flax NNX model.

    With the circuit's state for one sample x and the weights w, the k-th output is

    $$f_k(x) = \langle \psi(w, x) | O_k | \psi(w, x) \rangle$$

    The layer maps `[..., features]` to `[..., len(observables)]`; all leading dimensions, or
    none, are one `jax.vmap`. For a Linen model wrap it in `flax.nnx.bridge.ToLinen`.

    Attributes:
        weights: The trained `nnx.Param`, if argument `weights` is one shape. With named shapes
            each is an attribute under its own name instead.

    Args:
        build: `build(weights, x)` returns the `qjax.Circuit` of one sample x `[features]`. It
            gets weights in the structure of argument `weights`: one array or a dict of arrays.
            A function of its own module, rather than a new closure each time, lets layers that are
            built alike share compiled code.
        weights: Shape of the weights, or a dict of named shapes.
        observables: What to measure: one observable or a sequence.
        engine: Engine of `qjax.expectation`; None lets qjax choose.
        gradient: Gradient of `qjax.expectation`, such as `qjax.Adjoint()`; None lets qjax choose.
        initializer: `initializer(key, shape, dtype)`, or a dict of them by name. The default is
            small angles, `qjax.nn.initializers.small_angle()`: the circuit begins near the
            identity, where gradients do not vanish with its width.
        param_dtype: Type of the weights.
        rngs: Random streams; each parameter takes one key of the stream `params`.

    Raises:
        TypeError: If an argument has a wrong type.
        ValueError: If there are no observables, or a name or a shape cannot be used.

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from flax import nnx
        >>> from qjax.nn import QuantumLayer
        >>> def build(weights, x):
        ...     circuit = qjax.Circuit(2).ry(x, range(2))
        ...     return circuit.ry(weights, range(2)).cx(0, 1)
        >>> layer = QuantumLayer(build, (2,), [qjax.Z(0), qjax.Z(1)], rngs=nnx.Rngs(0))
        >>> model = nnx.Sequential(layer, nnx.Linear(2, 10, rngs=nnx.Rngs(1)))
        >>> model(jnp.ones((5, 2))).shape
        (5, 10)
    """

    def __init__(
        self,
        build: Callable[[Any, jax.Array], Circuit],
        weights: Sequence[int] | Mapping[str, Sequence[int]],
        observables: Any,
        *,
        engine: Any = None,
        gradient: Any = None,
        initializer: Initializer | Mapping[str, Initializer] | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs,
    ):
        if not callable(build):
            raise TypeError(
                "Argument `build` must be a function of weights and x, "
                f"but has type {type(build).__name__}."
            )
        if not isinstance(rngs, nnx.Rngs):
            raise TypeError(f"Argument `rngs` must be nnx.Rngs, but has type {_type(rngs)}.")
        observables = list(observables) if isinstance(observables, (list, tuple)) else [observables]
        if not observables:
            raise ValueError("Argument `observables` must have at least one, but has none.")
        if not all(isinstance(observable, PauliSum) for observable in observables):
            raise TypeError(
                "Argument `observables` must hold qjax observables such as `qjax.Z(0)`, "
                f"but holds {observables!r}."
            )
        self._spec = Spec(build, observables, engine, gradient)

        named = isinstance(weights, Mapping)
        shapes = dict(weights) if isinstance(weights, Mapping) else {"weights": weights}
        if not shapes:
            raise ValueError("Argument `weights` must have at least one shape, but has none.")
        initialise = _by_name(initializer, shapes)
        self._named = named
        self._names = tuple(shapes)
        for name, shape in shapes.items():
            if named and (not str(name).isidentifier() or hasattr(self, name)):
                raise ValueError(
                    "Argument `weights` must have names that are free attributes of the layer, "
                    f"but has {name!r}."
                )
            value = initialise[name](rngs.params(), _shape(name, shape), param_dtype)
            setattr(self, name, nnx.Param(value))

    def __call__(self, x: jax.Array) -> jax.Array:
        """Returns the expectations `[..., len(observables)]` of samples `[..., features]`.

        Raises:
            ValueError: If `x` is a scalar.
            TypeError: If `build` returns no circuit.
        """
        x = jnp.asarray(x)
        if x.ndim == 0:
            raise ValueError("Argument `x` must have shape (..., features), but has shape ().")
        values = {name: getattr(self, name)[...] for name in self._names}
        weights = values if self._named else values["weights"]
        samples = x.reshape(math.prod(x.shape[:-1]), x.shape[-1]) if x.ndim > 1 else x
        run = jax.vmap(self._sample, (None, 0)) if x.ndim > 1 else self._sample
        return run(weights, samples).reshape(*x.shape[:-1], len(self._spec.observables))

    def _sample(self, weights: Weights, x: jax.Array) -> jax.Array:
        spec = self._spec
        circuit = spec.build(weights, x)
        if not isinstance(circuit, Circuit):
            raise TypeError(
                f"Argument `build` must return a qjax.Circuit, but returned {_type(circuit)}."
            )
        return expectation(circuit, spec.observables, engine=spec.engine, gradient=spec.gradient)


def _by_name(
    initializer: Initializer | Mapping[str, Initializer] | None, shapes: Mapping[str, Any]
) -> dict[str, Initializer]:
    if isinstance(initializer, Mapping):
        if set(initializer) != set(shapes):
            raise ValueError(
                f"Argument `initializer` must have the names of `weights`, {sorted(shapes)}, "
                f"but has {sorted(initializer)}."
            )
        return dict(initializer)
    if initializer is None:
        initializer = initializers.small_angle()
    if not callable(initializer):
        raise TypeError(
            "Argument `initializer` must be an initializer or a dict of them by name, "
            f"but has type {_type(initializer)}."
        )
    return dict.fromkeys(shapes, initializer)


def _shape(name: str, shape: Any) -> Shape:
    sizes = tuple(shape) if isinstance(shape, (list, tuple)) else None
    if sizes is None or not all(isinstance(size, int) and size >= 0 for size in sizes):
        where = "" if name == "weights" else f" under {name!r}"
        raise ValueError(
            f"Argument `weights` must have a shape, a tuple of integers,{where} but has {shape!r}."
        )
    return sizes


def _type(value: object) -> str:
    return type(value).__name__
