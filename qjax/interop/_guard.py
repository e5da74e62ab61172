"""The one door to tensorcircuit, which changes the process when it is imported and configured."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

# What tensorcircuit keeps in each of its modules: `set_backend`, `set_dtype`, `set_contractor`.
_SETTINGS = ("backend", "contractor", "dtypestr", "idtypestr", "npdtype", "rdtypestr")
_LOCK = threading.RLock()


@contextlib.contextmanager
def tensorcircuit_unchanged() -> Iterator[Any]:
    """Gives tensorcircuit, and undoes on the way out what it did to the process.

    Its import turns ``jax_enable_x64`` off and sets environment variables, and so may its setters;
    those also change tensorcircuit for everyone. Within the block its backend, dtype and contractor
    may be set freely. Afterwards they, JAX's options, the environment and NumPy's error state are
    what they were, also when the block raises. One thread is in the block at a time.

    Yields:
        The module ``tensorcircuit``.

    Raises:
        ImportError: If tensorcircuit is not installed.

    Example:
        >>> import jax, qjax
        >>> with qjax.interop.tensorcircuit_unchanged() as tensorcircuit:
        ...     _ = tensorcircuit.set_dtype("complex128")  # Turns on 64 bits in all of JAX.
        >>> jax.config.jax_enable_x64, tensorcircuit.dtypestr
        (False, 'complex64')
    """
    with _LOCK:
        with _process_unchanged():
            import tensorcircuit
        # What the block starts, such as JAX's backend, must already see the user's environment.
        with _process_unchanged(), _settings_unchanged(tensorcircuit):
            yield tensorcircuit


@contextlib.contextmanager
def _process_unchanged() -> Iterator[None]:
    options, environment = _global_options(), dict(os.environ)
    try:
        with np.errstate():
            yield
    finally:
        for name, value in _global_options().items():
            if name in options and value != options[name]:
                jax.config.update(name, options[name])
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        for name, value in environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value


def _global_options() -> dict[str, Any]:
    """JAX's options, read in a new thread: in this one a context manager may cover the global."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: dict(jax.config.values)).result()


@contextlib.contextmanager
def _settings_unchanged(tensorcircuit: Any) -> Iterator[None]:
    constants, tensornetwork = tensorcircuit.cons, tensorcircuit.cons.tn
    settings = {name: getattr(constants, name) for name in _SETTINGS}
    network_backend = tensornetwork.backend_contextmanager.get_default_backend()
    try:
        yield
    finally:
        changed = {n: v for n, v in settings.items() if getattr(constants, n) is not v}
        for name, module in list(sys.modules.items()):
            if name.startswith("tensorcircuit"):  # As its own setters find them.
                for setting, value in changed.items():
                    setattr(module, setting, value)
        if tensornetwork.backend_contextmanager.get_default_backend() != network_backend:
            tensornetwork.set_default_backend(network_backend)
