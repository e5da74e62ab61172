"""Generated network flows, ordinary ones and attacks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from qjax.data._split import Examples, Split

INTRUSION_FEATURES = (
    "duration_s",
    "bytes_out",
    "bytes_in",
    "packets_out",
    "packets_in",
    "gap_s",
    "gap_variation",
    "host_flows",
    "host_ports",
    "open_handshakes",
    "failed_logins",
    "same_service",
)
"""Names of the columns of `intrusion`."""

INTRUSION_KINDS = ("normal", "flood", "scan", "brute_force", "exfiltration", "beacon")
"""Names of the labels of `intrusion`."""

# Services of a small office: share of the flows, median duration (s), median bytes out and in.
_SERVICES = np.array(
    [
        [0.45, 4.0, 2e3, 3e4],  # web
        [0.25, 0.05, 8e1, 2e2],  # names
        [0.12, 8.0, 1e4, 8e3],  # mail
        [0.08, 30.0, 3e3, 5e5],  # downloads
        [0.06, 20.0, 3e5, 4e3],  # backups
        [0.04, 200.0, 6e3, 1e4],  # terminals
    ]
)

Flow = dict[str, np.ndarray]
Scale = Callable[[np.ndarray], np.ndarray]


def intrusion(
    *, train: int = 600, valid: int = 500, test: int = 1000, stealth: float = 0.5, seed: int = 0
) -> Split:
    r"""Returns generated network flows: ordinary ones to learn from, and attacks to find.

    The flows are synthetic. No traffic was recorded; the model below imitates what summaries of
    flows look like, so that detectors can be compared without a download, and says nothing about
    any real network. Twelve columns (`INTRUSION_FEATURES`) describe a flow, in natural units.

    An ordinary flow belongs to one of six services. With independent standard normals z, its
    bytes are log-normal about the service's medians b, its duration follows its bytes, and its
    packets are bytes over a packet size s of 90 to 1,400:

    $$B = b\, e^{0.8 z_1 + 0.4 z_2}, \quad P = 1 + B / s, \quad g = T / P,$$
    $$T = \tau \left(\frac{B_\mathrm{in} B_\mathrm{out}}{b_\mathrm{in} b_\mathrm{out}}\right)^{0.4}
      e^{0.5 z_3}$$

    so that bytes, packets, durations and gaps hang together. The host's flows and ports of the
    last two seconds are Poisson, its share of open handshakes and of flows to the same service
    are beta, and one login in fifty fails.

    An attack begins as an ordinary flow, some columns of which are then moved in their logarithm
    (shares in their logit) from the ordinary value u to the attack's a:

    $$u \mapsto w a + (1 - w) u, \qquad w \sim \mathcal{U}[1 - \mathrm{stealth}, 1]$$

    - flood: many flows of a host with few small packets, handshakes left open, one service;
    - scan: many ports, next to no bytes;
    - brute_force: short terminal sessions, logins that fail;
    - exfiltration: far more bytes out than in, over a long time, each column in its usual range;
    - beacon: few bytes at even gaps.

    Args:
        train: Number of training flows, all ordinary.
        valid: Number of validation flows, half of them attacks of all kinds.
        test: Number of test flows, half of them attacks of all kinds.
        stealth: How much of an ordinary flow an attack may keep, in [0, 1].
        seed: Seed of all draws.

    Returns:
        A `Split` of `Examples` with `inputs` float32 `[n, 12]`, at least 0, and `labels` int32
        `[n]`: 0 for ordinary, then the kinds in the order of `INTRUSION_KINDS`.

    Raises:
        ValueError: If a number of flows is too small, or `stealth` is not in [0, 1].

    Example:
        >>> from qjax.data import intrusion
        >>> parts = intrusion()
        >>> parts.train.inputs.shape, int(parts.train.labels.max()), int(parts.test.labels.max())
        ((600, 12), 0, 5)
    """
    kinds = len(INTRUSION_KINDS) - 1
    for name, value, least in (("train", train, 1), ("valid", valid, 10), ("test", test, 10)):
        if value < least:
            raise ValueError(f"Argument `{name}` must be at least {least}, but is {value}.")
    if not 0 <= stealth <= 1:
        raise ValueError(f"Argument `stealth` must be in [0, 1], but is {stealth}.")

    def part(random: Generator, flows: int, attacks: int) -> Examples:
        labels = np.r_[np.zeros(flows - attacks, int), np.arange(attacks) % kinds + 1]
        labels = random.permutation(labels).astype(np.int32)
        return Examples(_flows(random, labels, stealth), labels)

    # A stream a part: more training flows leave the test flows as they are.
    randoms = [np.random.default_rng((seed, i)) for i in range(3)]
    return Split(
        train=part(randoms[0], train, 0),
        valid=part(randoms[1], valid, valid // 2),
        test=part(randoms[2], test, test // 2),
    )


def _flows(random: Generator, labels: np.ndarray, stealth: float) -> np.ndarray:
    """Returns the flows of `labels`, float32 `[n, 12]`."""
    n = len(labels)
    flow = _ordinary(random, n)
    weight = random.uniform(1 - stealth, 1, n)
    for label, kind in enumerate(INTRUSION_KINDS[1:], start=1):
        chosen = labels == label
        for name, value in _ATTACKS[kind](random, n).items():
            there, back = _SCALES[name in _SHARES]
            moved = back(weight * there(value) + (1 - weight) * there(flow[name]))
            flow[name] = np.where(chosen, moved, flow[name])
    # Whole numbers are whole again after the move.
    for name in ("bytes_out", "bytes_in", "packets_out", "packets_in", "host_flows", "host_ports"):
        flow[name] = np.round(flow[name])
    flow["failed_logins"] = np.floor(flow["failed_logins"])
    return np.stack([flow[name] for name in INTRUSION_FEATURES], 1).astype(np.float32)


def _ordinary(random: Generator, n: int) -> Flow:
    share, seconds, out, into = _SERVICES[random.choice(6, n, p=_SERVICES[:, 0])].T
    common, *z = random.normal(size=(4, n))
    bytes_out = out * np.exp(0.8 * common + 0.4 * z[0])
    bytes_in = into * np.exp(0.8 * common + 0.4 * z[1])
    duration = seconds * (bytes_out * bytes_in / (out * into)) ** 0.4 * np.exp(0.5 * z[2])
    size = np.exp(random.uniform(np.log(90), np.log(1400), n))
    packets_out, packets_in = 1 + bytes_out / size, 1 + bytes_in / size
    flows = 1 + random.poisson(2 * random.gamma(2.0, 1.0, n))
    return {
        "duration_s": duration,
        "bytes_out": bytes_out,
        "bytes_in": bytes_in,
        "packets_out": packets_out,
        "packets_in": packets_in,
        "gap_s": duration / (packets_out + packets_in),
        "gap_variation": random.gamma(6.0, 0.2, n),
        "host_flows": flows,
        "host_ports": 1 + random.binomial(flows - 1, 0.3),
        "open_handshakes": random.beta(1.0, 20.0, n),
        "failed_logins": (random.random(n) < 0.02) + 0.0,
        "same_service": random.beta(6.0, 2.0, n),
    }


def _log_normal(random: Generator, n: int, median: float, spread: float = 0.4) -> np.ndarray:
    return median * np.exp(spread * random.normal(size=n))


# What an attack makes of the columns that it moves.
_ATTACKS = {
    "flood": lambda random, n: {
        "bytes_out": _log_normal(random, n, 60),
        "bytes_in": _log_normal(random, n, 40),
        "packets_out": _log_normal(random, n, 1.5),
        "packets_in": _log_normal(random, n, 1.0),
        "duration_s": _log_normal(random, n, 0.1),
        "host_flows": _log_normal(random, n, 80),
        "open_handshakes": random.beta(12.0, 3.0, n),
        "same_service": random.beta(30.0, 1.0, n),
    },
    "scan": lambda random, n: {
        "bytes_out": _log_normal(random, n, 50),
        "bytes_in": _log_normal(random, n, 45),
        "packets_out": _log_normal(random, n, 1.2),
        "packets_in": _log_normal(random, n, 1.0),
        "host_flows": _log_normal(random, n, 25),
        "host_ports": _log_normal(random, n, 20),
        "same_service": random.beta(1.5, 12.0, n),
    },
    "brute_force": lambda random, n: {
        "duration_s": _log_normal(random, n, 2.0),
        "bytes_out": _log_normal(random, n, 1.5e3),
        "bytes_in": _log_normal(random, n, 2e3),
        "host_flows": _log_normal(random, n, 10),
        "failed_logins": _log_normal(random, n, 4.0),
        "same_service": random.beta(20.0, 1.5, n),
    },
    "exfiltration": lambda random, n: {
        "duration_s": _log_normal(random, n, 150.0),
        "bytes_out": _log_normal(random, n, 6e5),
        "bytes_in": _log_normal(random, n, 8e2),
        "packets_out": _log_normal(random, n, 5e2),
        "packets_in": _log_normal(random, n, 1.5e2),
    },
    "beacon": lambda random, n: {
        "duration_s": _log_normal(random, n, 90.0),
        "bytes_out": _log_normal(random, n, 3e2),
        "bytes_in": _log_normal(random, n, 2e2),
        "packets_out": _log_normal(random, n, 12.0),
        "packets_in": _log_normal(random, n, 12.0),
        "gap_s": _log_normal(random, n, 4.0, 0.2),
        "gap_variation": random.gamma(8.0, 0.012, n),
    },
}


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


_SHARES = ("open_handshakes", "same_service")
# To where a column is moved, and back.
_SCALES: dict[bool, tuple[Scale, Scale]] = {
    False: (np.log1p, np.expm1),
    True: (_logit, _logistic),
}
