"""k-means in the feature space of a kernel."""

from __future__ import annotations

import numpy as np


def kernel_kmeans(
    kernel: np.ndarray, clusters: int, rng: np.random.RandomState, *, starts: int, rounds: int
) -> tuple[np.ndarray, float]:
    r"""Lloyd's algorithm on a kernel matrix, best of several starts.

    The squared distance of sample i from the mean of cluster c is

    .. math:: K_{ii} - \frac{2}{|c|} \sum_{j \in c} K_{ij} +
              \frac{1}{|c|^2} \sum_{j, l \in c} K_{jl}

    Args:
        kernel: Symmetric ``[samples, samples]``.
        clusters: Number of clusters, at most that of samples.
        rng: Random stream of the starts, which are chosen as k-means++ does.
        starts: Number of starts.
        rounds: Most rounds of a start.

    Returns:
        Clusters ``[samples]``, none of them empty, and the sum of squared distances.
    """
    runs = [_lloyd(kernel, _seeds(kernel, clusters, rng), rounds) for _ in range(starts)]
    return min(runs, key=lambda run: run[1])


def distances(kernel: np.ndarray, cross: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Squared distances ``[samples, clusters]`` from the means, less K(x, x) of each sample.

    Args:
        kernel: Of those that make the clusters, ``[members, members]``.
        cross: Of samples with them, ``[samples, members]``.
        labels: Clusters ``[members]``.
    """
    share = np.eye(labels.max() + 1)[labels]
    share /= share.sum(0)
    return np.einsum("jc,jl,lc->c", share, kernel, share, optimize=True) - 2 * cross @ share


def _lloyd(kernel: np.ndarray, labels: np.ndarray, rounds: int) -> tuple[np.ndarray, float]:
    diagonal, everyone = np.diag(kernel), np.arange(len(kernel))
    for _ in range(rounds):
        apart = distances(kernel, kernel, labels) + diagonal[:, None]
        moved = apart.argmin(1)
        # A cluster that would be empty takes the sample that is farthest from its own mean.
        for empty in np.setdiff1d(np.arange(apart.shape[1]), moved):
            counts = np.bincount(moved, minlength=apart.shape[1])
            free = counts[moved] > 1
            moved[np.where(free, apart[everyone, moved], -np.inf).argmax()] = empty
        if (moved == labels).all():
            break
        labels = moved
    apart = distances(kernel, kernel, labels) + diagonal[:, None]
    return labels, float(apart[everyone, labels].sum())


def _seeds(kernel: np.ndarray, clusters: int, rng: np.random.RandomState) -> np.ndarray:
    """Clusters about samples that are far apart: k-means++ (Arthur and Vassilvitskii, 2007)."""
    diagonal = np.diag(kernel)
    chosen = [int(rng.randint(len(kernel)))]
    for _ in range(clusters - 1):
        apart = diagonal[:, None] + diagonal[chosen] - 2 * kernel[:, chosen]
        nearest = np.maximum(apart.min(1), 0)
        nearest[chosen] = 0
        if nearest.sum() > 0:
            chosen.append(int(rng.choice(len(kernel), p=nearest / nearest.sum())))
        else:
            chosen.append(int(rng.choice(np.setdiff1d(np.arange(len(kernel)), chosen))))
    labels = (diagonal[chosen] - 2 * kernel[:, chosen]).argmin(1)
    labels[chosen] = np.arange(clusters)
    return labels
