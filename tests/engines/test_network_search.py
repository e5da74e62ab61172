"""The search of the tensor-network engine: once, kept, and within its limits."""

import json

import jax
import jax.numpy as jnp
import pytest

import qjax
from qjax.engines.network import _path

N = 5


def value(weights, engine):
    circuit = qjax.Circuit(N)
    for w in weights:
        circuit = circuit.ry(w, range(N)).cx(range(N - 1), range(1, N))
    return qjax.expectation(circuit, qjax.Z(2), engine=engine)


WEIGHTS = jnp.linspace(0.1, 1.5, 2 * N).reshape(2, N)


@pytest.fixture
def searches(monkeypatch):
    """Counts the searches, with nothing known before."""
    seen, search = [], _path.search

    def counted(network, limits):
        seen.append(network)
        return search(network, limits)

    monkeypatch.setattr(_path, "search", counted)
    _path.order_of.cache_clear()
    jax.clear_caches()
    yield seen
    _path.order_of.cache_clear()


def forget():
    """What a new process does not know."""
    _path.order_of.cache_clear()
    jax.clear_caches()


def test_one_search_serves_all_transformations(searches):
    engine = qjax.TensorNetwork(search_seconds=1, progress=False)
    batch = jnp.stack([WEIGHTS, 2 * WEIGHTS])
    jax.jit(jax.vmap(jax.value_and_grad(lambda w: value(w, engine))))(batch)
    value(WEIGHTS, engine)
    assert len(searches) == 1


def test_a_second_call_compiles_nothing(compilations):
    engine = qjax.TensorNetwork(search_seconds=2, progress=False)
    value(WEIGHTS, engine).block_until_ready()
    assert compilations
    compilations.clear()
    value(2 * WEIGHTS, engine).block_until_ready()
    assert not compilations


def test_a_folder_keeps_orders(searches, tmp_path):
    """Used by another process, and made anew where it is broken or is another network's."""
    engine = qjax.TensorNetwork(cache=tmp_path / "orders", progress=False)
    first = value(WEIGHTS, engine)
    (file,) = (tmp_path / "orders").iterdir()
    good = file.read_text()
    forget()
    assert value(WEIGHTS, engine) == first
    assert len(searches) == 1
    other = json.loads(good)
    other["inputs"] = other["inputs"][:-1]
    swapped = json.loads(good)
    swapped["pairs"][0] = swapped["pairs"][1]
    for broken in ("", "{]", "[]", json.dumps(other), json.dumps(swapped), '{"version": 0}'):
        file.write_text(broken)
        forget()
        with pytest.warns(UserWarning, match="cannot be used"):
            assert value(WEIGHTS, engine) == first
        assert file.read_text()[:13] == good[:13]
        assert json.loads(file.read_text())["pairs"] == json.loads(good)["pairs"]
    assert len(searches) == 7
    assert [f.name for f in file.parent.iterdir()] == [file.name]


def test_a_folder_that_cannot_be_written_is_told_of(searches, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        forget()
        with pytest.warns(UserWarning, match="cannot be kept|cannot be used"):
            found = value(WEIGHTS, qjax.TensorNetwork(cache=str(path), progress=False))
        assert jnp.abs(found - value(WEIGHTS, qjax.Statevector())) < 1e-6


def test_cost_needs_shapes_alone(compilations):
    circuit = qjax.Circuit(2).ry(0.1, range(2)).cx(0, 1)
    shapes = jax.eval_shape(lambda: circuit)
    cost = qjax.TensorNetwork(progress=False).cost(shapes, qjax.Z(1).words)
    assert cost.networks == (1, 1) and cost.slices == 1
    assert 0 < cost.flops < 1000 and cost.width <= 3
    assert cost.bytes == 8 * 2**cost.width
    assert not compilations


def deep(n, layers):
    circuit = qjax.Circuit(n)
    for _ in range(layers):
        circuit = circuit.ry(0.1, range(n)).cx(range(n - 1), range(1, n))
    return circuit


@pytest.mark.parametrize(
    "ask, words",
    [
        # 2**40 amplitudes, and more entries than fit in a limit of memory.
        (lambda: qjax.statevector(deep(40, 1), engine=quick()), "40 indices.*max_memory"),
        (lambda: qjax.expectation(deep(3, 1), qjax.Z(2), engine=quick(max_memory=32)), "sliced"),
        (lambda: qjax.expectation(deep(8, 6), qjax.Z(4), engine=quick(max_flops=1e4)), "max_flops"),
        (lambda: qjax.TensorNetwork(dtype=jnp.float32), "`dtype` must be complex64 or complex128"),
        (lambda: qjax.TensorNetwork(max_memory=0), "`max_memory` must be above 0, but is 0"),
        (lambda: qjax.TensorNetwork(search_seconds=-1), "`search_seconds` must be above 0"),
        (lambda: qjax.TensorNetwork(max_flops=float("nan")), "`max_flops` must be above 0"),
    ],
)
def test_what_cannot_be_is_refused_with_the_numbers(ask, words):
    with pytest.raises(ValueError, match=words):
        ask()


def quick(**options):
    return qjax.TensorNetwork(search_seconds=0.1, progress=False, **options)


@pytest.mark.parametrize(
    "options", [{"max_memory": "1 GB"}, {"search_seconds": True}, {"cache": 3}, {"max_flops": None}]
)
def test_wrong_types_are_named(options):
    (name,) = options
    with pytest.raises(TypeError, match=f"Argument `{name}` must be"):
        qjax.TensorNetwork(**options)


def test_double_precision_needs_the_switch():
    engine = qjax.TensorNetwork(dtype=jnp.complex128)
    with pytest.raises(ValueError, match="jax_enable_x64"):
        value(WEIGHTS, engine)
