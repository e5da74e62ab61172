"""A loss that is not finite stops the run, with the last good variables kept."""

import types

import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx

from qjax.train import NonFiniteError, TrainingError, fit
from tests.train.small import plain, run

DATA = types.SimpleNamespace(train=np.zeros(8), valid=np.zeros(4))


class Counter(nnx.Module):
    """One weight that grows by 1 in a step."""

    def __init__(self):
        self.w = nnx.Param(jnp.zeros(1))


def breaks_at(limit, bad):
    def loss(model, batch, key):
        w = model.w[...].sum()
        return jnp.where(w < limit, -w, bad)

    return loss


def train(model, loss, **options):
    return fit(model, optax.sgd(1.0), loss, DATA, epochs=5, batch_size=2, seed=0, progress=False,
               **options)  # fmt: skip


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_step_is_named_and_the_last_good_parameters_saved(tmp_path, bad):
    # Steps 1 to 6 see 0 to 5; step 7 sees 6. An epoch has 4 steps.
    model = Counter()
    with pytest.raises(NonFiniteError) as caught:
        train(model, breaks_at(6, bad), run_dir=tmp_path)
    path = tmp_path / "checkpoints" / "last_good" / "6"
    message = str(caught.value)
    assert caught.value.step == 7
    assert "not finite at step 7 (epoch 2, batch 3)" in message
    assert f"in `model` and in `{path}`" in message and "Lower the learning rate" in message
    assert model.w[...] == 6
    with ocp.CheckpointManager(path.parent) as manager:
        items = ocp.args.Composite(arrays=ocp.args.StandardRestore())
        assert manager.restore(6, args=items)["arrays"]["params.w"] == 6
    # The same again: nothing saved is lost, and the same step is named.
    with pytest.raises(NonFiniteError, match="step 7"):
        train(Counter(), breaks_at(6, bad), run_dir=tmp_path)
    # Mended, the run goes on.
    assert train(Counter(), breaks_at(99, bad), run_dir=tmp_path).stopped_by is None


def test_an_update_that_is_not_finite_is_caught_before_it_is_kept():
    def loss(model, batch, key):
        w = model.w[...].sum()
        return -w - 0.0 * jnp.sqrt(jnp.maximum(2.0 - w, 0.0))  # Finite, with a gradient of nan.

    model = Counter()
    with pytest.raises(TrainingError, match="step 3"):
        train(model, loss)
    assert model.w[...] == 2


def test_bad_values_in_the_data(data):
    bad = data.train.inputs.copy()
    bad[17, 1] = np.nan
    broken = types.SimpleNamespace(train=(bad, data.train.labels), valid=data.valid)
    model = plain()
    with pytest.raises(NonFiniteError, match="look for bad values in the data"):
        run(model, broken)
    assert np.isfinite(model.kernel[...]).all()
