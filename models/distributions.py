"""What the generative models share: distributions over bit strings as data for the trainer."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from flax import nnx


@dataclasses.dataclass(frozen=True)
class Targets:
    """Whole distributions as examples: one a step to train on, one to choose the epoch by.

    Attributes:
        train: `[steps of an epoch, 2**n]`, every row the same.
        valid: `[1, 2**n]`.
    """

    train: np.ndarray
    valid: np.ndarray


def targets(train: Any, valid: Any, steps: int) -> Targets:
    """Returns the data of a model that sees the whole distribution in each of its steps."""
    train, valid = np.asarray(train, np.float32), np.asarray(valid, np.float32)
    return Targets(np.tile(train, (steps, 1)), valid[None])


def words(n: int) -> np.ndarray:
    """All strings of n bits, in order, the first bit the most significant: ``[2**n, n]``."""
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1).astype(np.int32)


def numbers(bits: Any) -> Any:
    """Which string of `words` each row is: ``[..., n]`` to ``[...]``."""
    return bits @ (1 << np.arange(bits.shape[-1])[::-1]).astype(np.int32)


def uniform(bits: np.ndarray) -> np.ndarray:
    """The distribution that gives each of some strings ``[k, n]`` the same: ``[2**n]``."""
    return np.bincount(numbers(bits), minlength=2 ** bits.shape[1]) / len(bits)


def as_bits(inputs: np.ndarray) -> np.ndarray:
    """The rows of a user's file as integers, checked to be 0 and 1."""
    if not np.isin(inputs, (0, 1)).all():
        raise ValueError("The features must all be 0 or 1.")
    return np.asarray(inputs, np.int32)


# One function, so that machines built alike share what is compiled.
_call = nnx.jit(lambda model: model())


def probabilities(model: nnx.Module) -> np.ndarray:
    """The distribution that a model returns when it is called, float64."""
    return np.asarray(_call(model), np.float64)
