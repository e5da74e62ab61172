"""Settings and fixtures that every test shares."""

import os
import tempfile

import hypothesis
import jax
import pytest

# The tests compile thousands of programs and run each a few times: LLVM's own optimisations, which
# come after all of XLA's, would cost more than half of their time, and fusions lowered by way of
# MLIR half of what is left. Read when the backend starts; an extra option that a later XLA does not
# know is ignored.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0"
    " --xla_backend_extra_options=xla_cpu_disable_new_fusion_emitters",
)
# Virtual devices let the sharding tests run on any machine. The count is read when the CPU
# backend starts, which nothing imported above does.
jax.config.update("jax_num_cpu_devices", 8)
# Workers, and the commands that tests start, inherit the variable and share what is compiled while
# the tests run. A folder that is given is kept, and the next run is quicker still.
if jax.config.jax_compilation_cache_dir is None:
    _programs = tempfile.TemporaryDirectory(prefix="qjax-programs-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _programs.name
    jax.config.update("jax_compilation_cache_dir", _programs.name)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
# Silent broadcasting and silent promotion are how wrong shapes and lost precision go unseen.
jax.config.update("jax_numpy_rank_promotion", "raise")
# Optax mixes dtypes in its own arithmetic, so tests that train cannot forbid it.
MIXES_DTYPES = {"benchmarks", "cli", "estimators", "models", "nn", "test_readme.py", "train"}

# The same few examples every time; `pytest --hypothesis-profile=explore` looks further.
hypothesis.settings.register_profile(
    "fixed",
    derandomize=True,
    max_examples=3,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "explore", hypothesis.settings.get_profile("fixed"), derandomize=False, max_examples=200
)
hypothesis.settings.load_profile("fixed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Forbids silent dtype promotion while a test runs."""
    lenient = MIXES_DTYPES.intersection(item.path.relative_to(item.config.rootpath).parts)
    with jax.numpy_dtype_promotion("standard" if lenient else "strict"):
        return (yield)


@pytest.fixture(scope="module", autouse=True)
def _forget_programs():
    """Drops what a module has compiled: all of them together take a worker 4 GiB."""
    yield
    jax.clear_caches()


@pytest.fixture
def make_key(request):
    """Returns a function that gives a new key at each call, and prints their common seed."""
    seed = int(os.environ.get("QJAX_TEST_SEED", "2026"))
    print(f"{request.node.name}: keys from QJAX_TEST_SEED={seed}")
    keys = iter(jax.random.split(jax.random.key(seed), 100))
    return lambda: next(keys)


@pytest.fixture
def compilations():
    """Counts compilations of the CPU or GPU compiler."""
    seen = []

    def listen(event, *_, **__):
        if "backend_compile" in event:
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    jax.monitoring.clear_event_listeners()
