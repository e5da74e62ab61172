"""What an adapter hands to the clock."""

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Program:
    """A computation that is ready to be called.

    Attributes:
        call: Takes `args`, returns (value, gradient); wrapped as the library's users wrap it.
        args: Arguments, already on the device.
        dtype: Precision of the state.
        device: Where it runs.
        wait: Blocks until a result is there, and returns it.
        jax: `call` is a `jax.jit` function, so trace, lower and compile can be told apart.
    """

    call: Callable[..., tuple[Any, Any]]
    args: tuple[Any, ...]
    dtype: str
    device: str
    wait: Callable[[Any], Any]
    jax: bool = False
