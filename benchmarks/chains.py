"""Matrix product states against what is known exactly: `python -m benchmarks.chains`.

Each case is told in seconds of the first call and of one step, the value, what another method
gives, and the weight that truncation discarded.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from rich.console import Console

import qjax
from benchmarks import _machine
from qjax.kernels import string_values
from qjax.library import transverse_field_ising, trotter
from tests import free_fermions


def timed(function: Callable[..., Any], *arguments: Any) -> tuple[Any, dict[str, float]]:
    """The result, and the seconds of the first call and of the next."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        result = jax.block_until_ready(function(*arguments))
        seconds.append(round(time.perf_counter() - start, 3))
    return result, dict(zip(("first_call_s", "step_s"), seconds, strict=True))


def depth(qubits: int = 8, layers: int = 24) -> dict[str, Any]:
    """Value and gradient of a deep circuit on few qubits, written as a Python loop."""
    observable = transverse_field_ising(qubits)
    weights = jnp.asarray(np.random.default_rng(0).normal(size=(layers, qubits, 2)), jnp.float32)

    def circuit(weights: jax.Array) -> qjax.Circuit:
        circuit = qjax.Circuit(qubits)
        for w in weights:
            circuit = circuit.rx(w[:, 0], range(qubits)).rz(w[:, 1], range(qubits))
            circuit = circuit.cx(range(qubits - 1), range(1, qubits))
        return circuit

    def energy(weights: jax.Array, engine: Any) -> jax.Array:
        return qjax.expectation(circuit(weights), observable, engine=engine)

    (value, slope), seconds = timed(
        jax.jit(jax.value_and_grad(energy), static_argnums=1), weights, qjax.MPS()
    )
    known, known_slope = jax.value_and_grad(energy)(weights, qjax.Statevector())
    return {
        "name": f"{qubits} qubits, {layers} layers of RX, RZ and CX, value and gradient",
        **seconds,
        "value": float(value),
        "reference": float(known),
        "gradient_error": float(jnp.max(jnp.abs(slope - known_slope))),
        "discarded": float(qjax.matrix_product_state(circuit(weights)).discarded),
    }


def quench(qubits: int = 100, steps: int = 60, bond: int = 64) -> dict[str, Any]:
    """The critical Ising chain from |0...0> to time 1; every X and every ZZ."""
    observable = transverse_field_ising(qubits)
    terms = [*(qjax.X(q) for q in range(qubits))]
    terms += [qjax.Z(q) @ qjax.Z(q + 1) for q in range(qubits - 1)]

    def run(length: Any) -> tuple[jax.Array, jax.Array]:
        circuit = trotter(qjax.Circuit(qubits), observable, length, steps, order=2)
        state = qjax.matrix_product_state(circuit, engine=qjax.MPS(max_bond=bond))
        return state.expectation(terms), state.discarded

    (values, discarded), seconds = timed(jax.jit(run), 1.0)
    known = np.concatenate(free_fermions.quench(qubits, 1.0))
    return {
        "name": f"{qubits} qubits, Ising quench to time 1, {steps} Trotter steps, bond {bond}",
        **seconds,
        "value": float(values[qubits // 2]),
        "reference": float(known[qubits // 2]),
        "largest_error": float(np.max(np.abs(values - known))),
        "discarded": float(discarded),
    }


def ground(qubits: int = 100, bond: int = 10, steps: int = 500) -> dict[str, Any]:
    """The critical Ising chain's ground state: L-BFGS on the tensors themselves, in float64.

    No circuit is run: the tensors are free, and the energy is that of the state at norm 1.
    """
    with jax.enable_x64(True):
        observable = transverse_field_ising(qubits)
        strings = qjax.engines.pauli_strings(observable.words, range(qubits))
        # Only entries that lead from the left end to the right one.
        dims = [min(2 ** min(b, qubits - b, 20), bond) for b in range(qubits + 1)]
        there = np.arange(bond)[None, :] < np.array(dims)[:, None]
        mask = jnp.asarray(there[:-1, :, None, None] & there[1:, None, None, :], float)

        def energy(tensors: jax.Array) -> jax.Array:
            return jnp.sum(observable.coefficients * string_values(tensors * mask, strings).real)

        optimizer = optax.lbfgs(memory_size=20)
        value_and_grad = optax.value_and_grad_from_state(energy)

        def step(carry: Any, _: Any) -> tuple[Any, jax.Array]:
            tensors, state = carry
            value, slope = value_and_grad(tensors, state=state)
            update, state = optimizer.update(
                slope, state, tensors, value=value, grad=slope, value_fn=energy
            )
            return (optax.apply_updates(tensors, update), state), value

        @jax.jit
        def twenty(carry: Any) -> tuple[Any, jax.Array]:
            carry, values = jax.lax.scan(step, carry, length=20)
            return carry, values[-1]

        # |+...+> with a little of everything else, as isometries, so that the norm is about 1.
        start = 0.1 * jax.random.normal(jax.random.key(0), (qubits, bond, 2, bond))
        start = start.at[:, 0, :, 0].set(1.0) * mask
        start = jnp.linalg.qr(start.reshape(qubits, 2 * bond, bond))[0].reshape(start.shape)
        begun = time.perf_counter()
        carry, _ = jax.block_until_ready(twenty((start, optimizer.init(start))))
        first = time.perf_counter()
        for _ in range(steps // 20 - 1):
            carry, value = twenty(carry)
        value = float(value) / qubits
        last = time.perf_counter()
    return {
        "name": f"{qubits} qubits, Ising ground state by gradient, bond {bond}, {steps} steps",
        "first_call_s": round(first - begun, 3),
        "step_s": round((last - first) / (steps - 20), 3),
        "value": value,
        "reference": free_fermions.ground_energy(qubits) / qubits,
        "discarded": 0.0,
    }


CASES = {"depth": depth, "quench": quench, "ground": ground}


def main(argv: list[str] | None = None) -> int:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser("python -m benchmarks.chains", description=__doc__)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/mps.jsonl"))
    args = parser.parse_args(argv)
    console = Console()
    lines = [{"kind": "machine", **_machine.machine(), "date": _machine.now()}]
    for case in args.cases:
        with console.status(case):
            lines.append({"kind": "mps", "case": case, **CASES[case]()})
        console.print(told(lines[-1]))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    console.print(f"Written to {args.out}", soft_wrap=True)
    return 0


def told(line: dict[str, Any]) -> str:
    """Returns a row in words."""
    kept = {"kind", "case", "name", "first_call_s", "step_s"}
    rest = ", ".join(
        f"{key.replace('_', ' ')} {value:.6g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in line.items()
        if key not in kept
    )
    return (
        f"{line['name']}: first call {line['first_call_s']:.3g} s, step {line['step_s']:.3g} s; "
        f"{rest}."
    )


if __name__ == "__main__":
    sys.exit(main())
