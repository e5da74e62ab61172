"""Which mesh axis serves what, and what is said where none can."""

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec as P

from qjax.sharding import Axes, automatic, check_divides, local, mesh, on_host, place


def test_a_mesh_has_the_first_devices_in_order():
    both = mesh(batch=2, state=3)
    assert dict(both.shape) == {"batch": 2, "state": 3}
    assert set(both.axis_types) == {AxisType.Auto}
    assert list(both.devices.flat) == jax.devices()[:6]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({}, "`sizes` must have at least one axis"),
        ({"batch": 0}, "`batch` must be a positive number of devices, but is 0"),
        ({"batch": True}, "`batch` must be a positive number of devices, but is True"),
        ({"batch": 4, "state": 4}, "the 8 cpu devices that there are, but batch=4 x state=4 needs"),
    ],
)
def test_a_mesh_that_cannot_be(sizes, message):
    with pytest.raises(ValueError, match=message):
        mesh(**sizes)


def test_an_axis_is_found_by_its_own_name_or_by_the_table():
    both = mesh(batch=2, data=2)
    assert Axes().find(both, "batch") == "batch"
    assert Axes(batch="data").find(both, "batch") == "data"
    assert Axes().find(both, "state", "batch") is None
    with pytest.raises(ValueError, match=r"must have an axis `state`, but has `batch` \(2\), `dat"):
        Axes().find(both, "state")
    with pytest.raises(
        ValueError, match="`axes` must name axes of the mesh, .* has terms='strings'"
    ):
        Axes(terms="strings").find(both, "terms", "batch")


def test_every_kind_of_mesh_becomes_automatic():
    explicit = jax.make_mesh((2, 2), ("a", "b"), axis_types=(AxisType.Explicit,) * 2)
    plain = automatic(explicit)
    assert set(plain.axis_types) == {AxisType.Auto} and plain.axis_names == ("a", "b")
    assert (plain.devices == explicit.devices).all()
    with pytest.raises(TypeError, match="must be a jax.sharding.Mesh, .* but has type int"):
        automatic(8)


def test_shares_must_be_equal():
    four = Mesh(np.array(jax.devices()[:4]), ("batch",))
    check_divides(four, "batch", 12, "Argument `batch_size`")
    check_divides(four, None, 13, "Argument `batch_size`")
    with pytest.raises(
        ValueError, match="a multiple of the 4 devices of mesh axis `batch`, but is"
    ):
        check_divides(four, "batch", 13, "Argument `batch_size`")


def test_arrays_go_to_a_mesh_and_back():
    keys = jax.random.split(jax.random.key(3), 4)
    tree = {"x": np.arange(8.0).reshape(4, 2), "keys": keys}
    split = NamedSharding(mesh(batch=4), P("batch"))
    placed = place(tree, split)
    assert placed["x"].dtype == np.float32 and placed["x"].sharding == split
    assert [shard.data.shape for shard in placed["x"].addressable_shards] == [(1, 2)] * 4
    assert len(placed["keys"].sharding.device_set) == 4
    np.testing.assert_array_equal(on_host(placed["x"]), tree["x"])
    back = local(placed)
    assert len(back["x"].sharding.device_set) == 1
    assert (back["keys"] == keys).all()
