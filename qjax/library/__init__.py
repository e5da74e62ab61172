"""Circuits and observables that the field keeps writing: encodings, ansaetze, Hamiltonians."""

from qjax.library._amplitude import amplitude_encoding as amplitude_encoding
from qjax.library._ansaetze import (
    data_reuploading as data_reuploading,
    data_reuploading_shape as data_reuploading_shape,
    hardware_efficient as hardware_efficient,
    hardware_efficient_shape as hardware_efficient_shape,
    strongly_entangling as strongly_entangling,
    strongly_entangling_shape as strongly_entangling_shape,
)
from qjax.library._convolution import (
    quantum_convolutional as quantum_convolutional,
    quantum_convolutional_shape as quantum_convolutional_shape,
)
from qjax.library._encodings import (
    angle_encoding as angle_encoding,
    iqp_encoding as iqp_encoding,
    zz_feature_map as zz_feature_map,
)
from qjax.library._evolution import qaoa as qaoa, trotter as trotter
from qjax.library._hamiltonians import (
    cluster_ising as cluster_ising,
    heisenberg as heisenberg,
    maxcut as maxcut,
    transverse_field_ising as transverse_field_ising,
)
from qjax.library._signs import sign_flips as sign_flips
from qjax.library._sim import sim_circuit as sim_circuit, sim_circuit_shape as sim_circuit_shape
