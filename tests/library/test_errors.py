"""Bad input: one clear error that names the argument."""

import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax import library

C = qjax.Circuit(3)
X = np.zeros(3)
H = library.transverse_field_ising(3)
CUT = library.maxcut([(0, 1)])

CASES = [
    (TypeError, "circuit", lambda: library.angle_encoding(3, X)),
    (ValueError, "x", lambda: library.angle_encoding(C, np.zeros(4))),
    (ValueError, "x", lambda: library.angle_encoding(C, [0, 1, np.nan])),
    (ValueError, "x", lambda: library.angle_encoding(C, [[0, 1], [2]])),
    (TypeError, "x", lambda: library.angle_encoding(C, X + 1j)),
    (TypeError, "x", lambda: library.angle_encoding(C, "abc")),
    (TypeError, "x", lambda: library.angle_encoding(C, None)),
    (TypeError, "x", lambda: library.angle_encoding(C, jnp.array([True, False, True]))),
    (ValueError, "rotation", lambda: library.angle_encoding(C, X, rotation="cx")),
    (ValueError, "depth", lambda: library.iqp_encoding(C, X, depth=0)),
    (TypeError, "depth", lambda: library.iqp_encoding(C, X, depth=1.5)),
    (TypeError, "pairs", lambda: library.iqp_encoding(C, X, pairs="all")),
    (ValueError, "pairs", lambda: library.iqp_encoding(C, X, pairs=[(0, 3)])),
    (ValueError, "pairs", lambda: library.iqp_encoding(C, X, pairs=[(1, 1)])),
    (ValueError, "pairs", lambda: library.iqp_encoding(C, X, pairs=[0, 1])),
    (ValueError, "x", lambda: library.zz_feature_map(C, np.zeros((2, 3)))),
    (ValueError, "reps", lambda: library.zz_feature_map(C, X, reps=-1)),
    (ValueError, "entanglement", lambda: library.zz_feature_map(C, X, entanglement="ring")),
    (ValueError, "weights", lambda: library.hardware_efficient(C, np.zeros((2, 3)))),
    (ValueError, "weights", lambda: library.hardware_efficient(C, np.zeros((0, 3, 2)))),
    (ValueError, "rotations", lambda: library.hardware_efficient(C, np.zeros((2, 3, 1)), "u")),
    (ValueError, "rotations", lambda: library.hardware_efficient(C, np.zeros((2, 3, 0)), ())),
    (
        ValueError,
        "entangler",
        lambda: library.hardware_efficient(C, np.zeros((2, 3, 2)), entangler="star"),
    ),
    (ValueError, "gate", lambda: library.hardware_efficient(C, np.zeros((2, 3, 2)), gate="crx")),
    (ValueError, "layers", lambda: library.hardware_efficient_shape(0, 3)),
    (ValueError, "weights", lambda: library.strongly_entangling(C, np.zeros((2, 2, 3)))),
    (ValueError, "ranges", lambda: library.strongly_entangling(C, np.zeros((2, 3, 3)), [1])),
    (ValueError, "ranges", lambda: library.strongly_entangling(C, np.zeros((1, 3, 3)), [3])),
    (TypeError, "ranges", lambda: library.strongly_entangling(C, np.zeros((1, 3, 3)), [1.0])),
    (ValueError, "x", lambda: library.data_reuploading(C, np.zeros((3, 2)), np.zeros((1, 3, 3)))),
    (ValueError, "weights", lambda: library.data_reuploading(C, X, np.zeros((3, 3)))),
    (ValueError, "scales", lambda: library.data_reuploading(C, X, np.zeros((1, 3, 3)), X)),
    (TypeError, "circuit", lambda: library.quantum_convolutional(3, np.zeros((1, 21)))),
    (ValueError, "weights", lambda: library.quantum_convolutional(C, np.zeros((3, 21)))),
    (ValueError, "weights", lambda: library.quantum_convolutional(C, np.zeros((1, 22)))),
    (ValueError, "weights", lambda: library.quantum_convolutional(C, np.zeros((2, 6)))),
    (TypeError, "weights", lambda: library.quantum_convolutional(C, 1j * np.zeros((1, 21)))),
    (
        ValueError,
        "circuit",
        lambda: library.quantum_convolutional(qjax.Circuit(1), np.zeros((1, 21))),
    ),
    (ValueError, "n", lambda: library.quantum_convolutional_shape(1, 1)),
    (ValueError, "layers", lambda: library.quantum_convolutional_shape(0, 4)),
    (ValueError, "levels", lambda: library.quantum_convolutional_shape(1, 4, 3)),
    (ValueError, "cost", lambda: library.qaoa(C, H, X, X)),
    (ValueError, "cost", lambda: library.qaoa(C, qjax.Z(3), X, X)),
    (TypeError, "cost", lambda: library.qaoa(C, "ZZ", X, X)),
    (TypeError, "cost", lambda: library.qaoa(C, 1j * qjax.Z(0), X, X)),
    (ValueError, "gammas", lambda: library.qaoa(C, CUT, 0.1, 0.2)),
    (ValueError, "betas", lambda: library.qaoa(C, CUT, X, np.zeros(2))),
    (TypeError, "hamiltonian", lambda: library.trotter(C, None, 1.0, 2)),
    (ValueError, "hamiltonian", lambda: library.trotter(C, qjax.X(3), 1.0, 2)),
    (ValueError, "time", lambda: library.trotter(C, H, X, 2)),
    (ValueError, "steps", lambda: library.trotter(C, H, 1.0, 0)),
    (ValueError, "order", lambda: library.trotter(C, H, 1.0, 2, order=4)),
    (ValueError, "n", lambda: library.transverse_field_ising(0)),
    (TypeError, "n", lambda: library.heisenberg("3")),
    (ValueError, "j", lambda: library.cluster_ising(4, j=np.ones(3))),
    (ValueError, "h2", lambda: library.cluster_ising(4, h2=np.nan)),
    (ValueError, "j", lambda: library.transverse_field_ising(3, j=np.ones(3))),
    (ValueError, "h", lambda: library.transverse_field_ising(3, h=np.inf)),
    (TypeError, "jy", lambda: library.heisenberg(3, jy=1j)),
    (ValueError, "edges", lambda: library.maxcut([])),
    (ValueError, "edges", lambda: library.maxcut([(1, 1)])),
    (ValueError, "edges", lambda: library.maxcut([(0, 1, 2)])),
    (ValueError, "edges", lambda: library.maxcut([(0, -1)])),
    (TypeError, "edges", lambda: library.maxcut([(0, 1.5)])),
    (TypeError, "edges", lambda: library.maxcut([3])),
    (ValueError, "weights", lambda: library.maxcut([(0, 1)], [1.0, 2.0])),
]


@pytest.mark.parametrize(("error", "name", "call"), CASES)
def test_names_the_argument(error, name, call):
    with pytest.raises(error, match=rf"^Argument `{name}` must .*, but ") as caught:
        call()
    assert "\n" not in str(caught.value)


def test_shapes_are_said():
    message = r"Argument `weights` must have shape \(layers, 3, 2\) .* but has shape \(3, 4\)\."
    with pytest.raises(ValueError, match=message):
        library.hardware_efficient(C, np.zeros((3, 4)))
