"""Daily returns of a share with heavy tails and changing volatility, simulated."""

from __future__ import annotations

import numpy as np

_WARM_UP = 1000


def garch_returns(
    days: int,
    *,
    seed: int = 0,
    volatility: float = 1.0,
    reaction: float = 0.08,
    persistence: float = 0.9,
    freedom: float = 6.0,
) -> np.ndarray:
    r"""Returns simulated daily returns in percent: GARCH(1, 1) with Student-t innovations.

    .. math:: r_t = \sigma_t \varepsilon_t, \qquad
              \sigma_{t+1}^2 = (1 - \alpha - \beta) \bar\sigma^2 + \alpha r_t^2
                               + \beta \sigma_t^2, \qquad
              \varepsilon_t \sim t_\nu \sqrt{(\nu - 2) / \nu}

    Calm and wild days come in runs, and the returns have heavier tails than their innovations. The
    path begins after 1,000 days that are left out.

    Args:
        days: Number of returns.
        seed: Seed of the innovations.
        volatility: Standard deviation of a return in percent, in the long run.
        reaction: Weight alpha of yesterday's return.
        persistence: Weight beta of yesterday's variance.
        freedom: Degrees nu of freedom of the innovations.

    Returns:
        Float64 `[days]`.

    Raises:
        ValueError: If an argument is out of range, or `reaction` and `persistence` sum to 1 or
            more, where the variance has no long-run value.

    References:
        Bollerslev, "A conditionally heteroskedastic time series model for speculative prices and
        rates of return", Review of Economics and Statistics 69, 542 (1987).

    Example:
        >>> from qjax.data import garch_returns
        >>> path = garch_returns(20000)
        >>> path.shape, bool(0.9 < path.std() < 1.1), bool(abs(path).max() > 5)
        ((20000,), True, True)
    """
    if days < 1:
        raise ValueError(f"Argument `days` must be at least 1, but is {days}.")
    if not volatility > 0:
        raise ValueError(f"Argument `volatility` must be above 0, but is {volatility}.")
    if not freedom > 2:
        raise ValueError(f"Argument `freedom` must be above 2, but is {freedom}.")
    if min(reaction, persistence) < 0 or not reaction + persistence < 1:
        raise ValueError(
            "Arguments `reaction` and `persistence` must be at least 0 with a sum below 1, "
            f"but are {reaction} and {persistence}."
        )
    draws = np.random.default_rng(seed).standard_t(freedom, _WARM_UP + days)
    shocks = draws * np.sqrt((freedom - 2) / freedom)
    floor = (1 - reaction - persistence) * volatility**2
    path, variance = [], volatility**2
    for shock in shocks.tolist():
        value = variance**0.5 * shock
        path.append(value)
        variance = floor + reaction * value**2 + persistence * variance
    return np.array(path[_WARM_UP:])
