"""How much memory there is, and how an amount of it is told."""

from __future__ import annotations

import os

import jax


def device_memory() -> int:
    """Bytes of the default device, or of the machine where the device does not say."""
    stats = jax.local_devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return int(stats["bytes_limit"])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def bytes_text(count: int) -> str:
    """A number of bytes in words, such as ``"1.5 GiB"``."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
    power = min(max(count.bit_length() - 1, 0) // 10, len(units) - 1)
    return f"{count / 1024**power:,.4g} {units[power]}"
