"""Tensor networks beside tensorcircuit: `python -m benchmarks.engines.network`.

Each library has a process of its own for each case, with a time limit, and prints a JSON line. Both
are given the same gates, angles and seconds to search, and both prune by light cones; each circuit
is written as the library's users write it. Values come
with their gradients in all angles; `check` is what a second method gives for the same circuit
(the statevector, cone by cone), or for a smaller one where it is beyond that. quimb is not
measured: it is not among the libraries of the benchmarks.
"""

import argparse
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

SEARCH_SECONDS = 10.0


class Case(NamedTuple):
    """A circuit, as gates with the place of their angle, and what is asked of it."""

    qubits: int
    gates: list[tuple[str, tuple[int, ...], int | None]]
    weights: int
    terms: list[tuple[int, ...]] | None  # Z on these qubits, summed up; None: an amplitude.


def chain(qubits: int = 100, layers: int = 10) -> Case:
    """A brickwork of CX between layers of RY and RZ; Z in the middle."""
    gates, weights = [], 0
    for layer in range(layers):
        weights = _rotations(gates, qubits, weights)
        gates += [("cx", (q, q + 1), None) for q in range(layer % 2, qubits - 1, 2)]
    return Case(qubits, gates, weights, [(qubits // 2,)])


def grid(side: int = 6, layers: int = 6, amplitude: bool = False) -> Case:
    """CZ on the edges of a square grid, a fourth of them a layer; Z in the middle."""
    at = [[row * side + column for column in range(side)] for row in range(side)]
    colours: list[list[tuple[int, int]]] = [
        [pair for row in at for pair in zip(row[0::2], row[1::2], strict=False)],
        [pair for row in zip(*at, strict=True) for pair in zip(row[0::2], row[1::2], strict=False)],
        [pair for row in at for pair in zip(row[1::2], row[2::2], strict=False)],
        [pair for row in zip(*at, strict=True) for pair in zip(row[1::2], row[2::2], strict=False)],
    ]
    gates, weights = [], 0
    for layer in range(layers):
        weights = _rotations(gates, side**2, weights)
        gates += [("cz", pair, None) for pair in colours[layer % 4]]
    return Case(side**2, gates, weights, None if amplitude else [(at[side // 2][side // 2],)])


def qaoa(nodes: int = 100, rounds: int = 2) -> Case:
    """The cut of a random 3-regular graph, all edges with one angle a round."""
    import networkx

    graph = networkx.random_regular_graph(3, nodes, seed=0)
    edges = sorted(tuple(sorted(edge)) for edge in graph.edges)
    gates: list[tuple[str, tuple[int, ...], int | None]] = [("h", (q,), None) for q in range(nodes)]
    for r in range(rounds):
        gates += [("rzz", edge, 2 * r) for edge in edges]
        gates += [("rx", (q,), 2 * r + 1) for q in range(nodes)]
    return Case(nodes, gates, 2 * rounds, list(edges))


def _rotations(gates: list[Any], qubits: int, weights: int) -> int:
    for name in ("ry", "rz"):
        gates += [(name, (q,), weights + q) for q in range(qubits)]
        weights += qubits
    return weights


# The case, and a circuit that the statevector can check.
CASES: dict[str, tuple[Callable[[], Case], Callable[[], Case]]] = {
    "chain-100-5": (lambda: chain(layers=5), lambda: chain(layers=5)),
    "chain-100-10": (chain, chain),
    "grid-36-6-amplitude": (
        lambda: grid(amplitude=True),
        lambda: grid(side=4, amplitude=True),
    ),
    "grid-36-6": (grid, grid),
    "qaoa-100-2": (qaoa, qaoa),
}
LIBRARIES = ("qjax", "tensorcircuit")


def _function(case: Case, engine: Any) -> Callable[[jax.Array], jax.Array]:
    """The value by qjax; an amplitude's square is scaled by the number of amplitudes."""
    import qjax

    def value(weights: jax.Array) -> jax.Array:
        circuit = _circuit(case, weights)
        if case.terms is None:
            found = qjax.amplitude(circuit, "0" * case.qubits, engine=engine)
            return jnp.abs(found) ** 2 * 2.0**case.qubits
        return qjax.expectation(circuit, _observable(case), engine=engine)

    return value


def _circuit(case: Case, weights: jax.Array) -> Any:
    """The circuit as users of qjax write it: one call for gates of a kind in a row."""
    import qjax

    circuit = qjax.Circuit(case.qubits)
    for (name, _), run in itertools.groupby(case.gates, lambda gate: (gate[0], gate[2] is None)):
        columns, places = zip(*((qubits, place) for _, qubits, place in run), strict=True)
        angles: tuple[Any, ...] = ()
        if places[0] is not None:
            first, last = places[0], places[-1]
            angles = (weights[first] if first == last else weights[first : last + 1],)
        circuit = getattr(circuit, name)(*angles, *zip(*columns, strict=True))
    return circuit


def _observable(case: Case) -> Any:
    import qjax

    terms = case.terms or []
    words = ["".join("Z" if q in t else "I" for q in range(case.qubits)) for t in terms]
    return qjax.PauliSum.from_words(np.ones(len(words)), words)


def _tensorcircuit(case: Case) -> Callable[[jax.Array], jax.Array]:
    import cotengra
    import tensorcircuit as tc

    tc.set_backend("jax")
    search = cotengra.ReusableHyperOptimizer(
        methods=["greedy", "labels"], max_time=SEARCH_SECONDS, parallel=False, progbar=False
    )
    tc.set_contractor("custom", optimizer=search, preprocessing=True)

    def value(weights: jax.Array) -> jax.Array:
        circuit = tc.Circuit(case.qubits)
        for name, qubits, place in case.gates:
            angle = {} if place is None else {"theta": weights[place]}
            getattr(circuit, name)(*qubits, **angle)
        if case.terms is None:
            return jnp.abs(circuit.amplitude("0" * case.qubits)) ** 2 * 2.0**case.qubits
        cut = {"reuse": False, "enable_lightcone": True}
        return sum(jnp.real(circuit.expectation_ps(z=list(t), **cut)) for t in case.terms)

    return value


def measure(name: str, library: str) -> dict[str, Any]:
    """One case by one library, in this process."""
    import qjax

    make, smaller = CASES[name]
    case = make()
    weights = _weights(case)
    line: dict[str, Any] = {"name": name, "library": library}
    engine = qjax.TensorNetwork(search_seconds=SEARCH_SECONDS, progress=False)
    function = _function(case, engine) if library == "qjax" else _tensorcircuit(case)
    step = jax.jit(jax.value_and_grad(function))
    start = time.perf_counter()
    value, gradient = jax.block_until_ready(step(weights))
    line["first_call_s"] = time.perf_counter() - start
    times = []
    while len(times) < 5 or (sum(times) < 1 and len(times) < 100):
        start = time.perf_counter()
        jax.block_until_ready(step(weights))
        times.append(time.perf_counter() - start)
    line |= {"step_s": float(np.median(times)), "value": float(value)}
    line["gradient_norm"] = float(jnp.linalg.norm(gradient))
    if library == "qjax":
        line |= _predicted(case, engine) | _checked(smaller(), engine)
    return line


def _predicted(case: Case, engine: Any) -> dict[str, Any]:
    circuit = _circuit(case, _weights(case))
    words = None if case.terms is None else _observable(case).words
    cost = engine.cost(circuit, words)
    return {
        "search_s": cost.seconds,
        "predicted_flops": cost.flops,
        "predicted_bytes": cost.bytes,
        "networks": cost.networks,
    }


def _checked(case: Case, engine: Any) -> dict[str, Any]:
    import qjax

    weights = _weights(case)
    found, exact = (
        jax.jit(jax.value_and_grad(_function(case, e)))(weights)
        for e in (engine, qjax.Statevector())
    )
    return {
        "check_qubits": case.qubits,
        "check_found": float(found[0]),
        "check_value": float(exact[0]),
        "check_gradient_error": float(jnp.max(jnp.abs(found[1] - exact[1]))),
    }


def _weights(case: Case) -> jax.Array:
    return jax.random.uniform(jax.random.key(0), (case.weights,), jnp.float32, -1, 1)


def main(argv: list[str] | None = None) -> int:
    """Measures each case by each library in a process of its own; returns 1 if answers differ."""
    parser = argparse.ArgumentParser("python -m benchmarks.engines.network", description=__doc__)
    parser.add_argument("--cases", nargs="+", default=list(CASES), metavar="NAME")
    parser.add_argument("--libraries", nargs="+", default=list(LIBRARIES), metavar="NAME")
    parser.add_argument("--time-limit", type=float, default=600, help="seconds a process (600)")
    parser.add_argument("--here", action="store_true", help="one case and library, in this process")
    args = parser.parse_args(argv)
    if args.here:
        print(json.dumps(measure(args.cases[0], args.libraries[0])), flush=True)
        return 0
    differ = False
    for name in args.cases:
        values = []
        for library in args.libraries:
            line = _in_process(name, library, args.time_limit)
            print(json.dumps(line), flush=True)
            values += [line[key] for key in ("value",) if key in line]
        differ |= not np.allclose(values, values[:1] * len(values), rtol=1e-3, atol=1e-4)
    return int(differ)


def _in_process(name: str, library: str, limit: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.engines.network", "--here"]
    command += ["--cases", name, "--libraries", library]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"name": name, "library": library, "failed": f"no answer in {limit:g} s"}
    if done.returncode:
        return {"name": name, "library": library, "failed": done.stderr.strip().split("\n")[-1]}
    return json.loads(done.stdout.strip().split("\n")[-1])


if __name__ == "__main__":
    sys.exit(main())
