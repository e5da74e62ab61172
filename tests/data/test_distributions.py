"""Generated distributions against other ways to the same numbers."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from qjax.data import bernoulli_mixture, garch_returns, grid_distribution


def test_a_mixture_of_bernoullis_is_the_sum_over_its_centres():
    target = bernoulli_mixture(5, modes=3, alignment=0.8, seed=4)
    np.testing.assert_allclose(target.sum(), 1)
    centres = np.random.default_rng(4).choice(32, 3, replace=False)
    for v, bits in enumerate(itertools.product("01", repeat=5)):
        known = 0.0
        for centre in centres:
            wrong = sum(a != b for a, b in zip(bits, f"{centre:05b}", strict=True))
            known += 0.8 ** (5 - wrong) * 0.2**wrong / 3
        np.testing.assert_allclose(target[v], known)
    assert not np.array_equal(target, bernoulli_mixture(5, modes=3, alignment=0.8, seed=5))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, {}), "n"),
        ((2, {"modes": 5}), "modes"),
        ((3, {"modes": 2, "alignment": 1}), "alignment"),
    ],
)
def test_bad_mixtures(arguments, name):
    n, options = arguments
    with pytest.raises(ValueError, match=f"Argument `{name}` must be"):
        bernoulli_mixture(n, **options)


def test_returns_follow_the_recursion():
    path = garch_returns(3000, seed=3)
    draws = np.random.default_rng(3).standard_t(6.0, 4000) * np.sqrt(4 / 6)
    known = np.zeros(4000)
    variance = 1.0
    for t in range(4000):
        known[t] = np.sqrt(variance) * draws[t]
        variance = 0.02 + 0.08 * known[t] ** 2 + 0.9 * variance
    np.testing.assert_allclose(path, known[1000:])
    np.testing.assert_array_equal(path[:100], garch_returns(100, seed=3))


def test_returns_have_heavy_tails_and_clusters():
    path = garch_returns(50_000, volatility=2.0)
    assert abs(path.std() - 2) < 0.15
    assert stats.kurtosis(path) > 1
    size = np.abs(path)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1
    assert abs(np.corrcoef(path[1:], path[:-1])[0, 1]) < 0.03


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"days": 0}, "Argument `days` must be at least 1"),
        ({"volatility": 0}, "Argument `volatility` must be above 0"),
        ({"freedom": 2}, "Argument `freedom` must be above 2"),
        ({"reaction": 0.1}, "Arguments `reaction` and `persistence` must be"),
        ({"reaction": float("nan")}, "Arguments `reaction` and `persistence` must be"),
    ],
)
def test_bad_returns(options, message):
    with pytest.raises(ValueError, match=message):
        garch_returns(**({"days": 5} | options))


DENSITIES = {
    "log_normal": lambda x: np.exp(-((np.log(x) - 1) ** 2) / 2) / x if x > 0 else 0.0,
    "triangular": lambda x: max(0.0, min(x / 2, (7 - x) / 5)),
    "bimodal": lambda x: np.exp(-((x - 0.5) ** 2) / 2) + 2 * np.exp(-2 * (x - 3.5) ** 2),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_a_cell_of_the_grid_has_the_integral_of_the_density(name):
    grid, p = grid_distribution(name, 8)
    np.testing.assert_array_equal(grid, np.arange(8.0))
    cells = [
        sum(
            integrate.quad(DENSITIES[name], a, a + 0.25, epsabs=1e-10)[0]
            for a in np.arange(x - 0.5, x + 0.5, 0.25)
        )
        for x in grid
    ]
    np.testing.assert_allclose(p, np.array(cells) / sum(cells), atol=1e-6)


def test_a_grid_may_be_fine_and_elsewhere():
    grid, p = grid_distribution("triangular", 256, low=1.0, high=3.0)
    assert (grid[0], grid[-1], len(p)) == (1.0, 3.0, 256)
    np.testing.assert_allclose(p.sum(), 1)
    assert abs(grid[p.argmax()] - 2) < 0.01


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(("normal", 8), "name"), (("bimodal", 1), "points"), (("bimodal", 4, 1.0, 1.0), "high")],
)
def test_bad_grids(arguments, name):
    with pytest.raises(ValueError, match=f"Argument `{name}` must be"):
        grid_distribution(*arguments[:2], **dict(zip(("low", "high"), arguments[2:], strict=False)))
