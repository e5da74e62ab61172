"""What many runs at once save: `python -m benchmarks.sweep`.

Seeds by learning rates of `models/vqc_classifier`, once as one program (`qjax.train.fit_many`) and
once one after the other (`qjax.train.fit`, all in this process). Of the latter some runs are
measured, half of them before the sweep and half after it, and the rest are taken to be like them.
The final losses of the two must agree.
"""

import argparse
import dataclasses
import functools
import json
import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import _machine
from models.vqc_classifier import VARIANTS, Config
from models.vqc_classifier.task import make, optimizer, split
from qjax.train import cross_entropy, fit, fit_many, grid

LIMIT = 10.0
TOLERANCE = 1e-2


def main(argv: list[str] | None = None) -> int:
    """Measures, prints and writes; returns 1 if a limit is missed or answers differ."""
    parser = argparse.ArgumentParser("python -m benchmarks.sweep", description=__doc__)
    parser.add_argument("--variant", default="default", choices=VARIANTS)
    parser.add_argument("--epochs", type=int, help="epochs of a run (the variant's)")
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--rates", type=int, default=8, help="learning rates from 0.003 to 0.3 (8)")
    parser.add_argument("--measured", type=int, default=8, help="runs of one after the other (8)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/sweep.jsonl"))
    args = parser.parse_args(argv)
    # A second process would find compiled programs on disk; the first is what is measured.
    jax.config.update("jax_enable_compilation_cache", False)
    config = VARIANTS[args.variant]
    config = dataclasses.replace(config, epochs=args.epochs or config.epochs)
    runs = grid(seed=range(args.seeds), learning_rate=np.geomspace(0.003, 0.3, args.rates))
    count = len(runs["seed"])
    console = Console()

    some = np.unique(np.linspace(0, count - 1, args.measured).round().astype(int))
    with console.status("one after the other, the first half"):
        singles = [_single(config, runs, run) for run in some[::2]]
    with console.status(f"{count} runs at once"):
        sweep, losses = _sweep(config, runs)
    with console.status("one after the other, the second half"):
        singles += [_single(config, runs, run) for run in some[1::2]]

    each = {key: np.array([single[key] for single in singles]) for key in singles[0]}
    sequential = {
        "kind": "sequential",
        "runs": len(singles),
        "seconds": each["seconds"].sum(),
        "cpu_s": each["cpu_s"].sum(),
        "compile_s": float(np.median(each["compile_s"])),
        "step_s": float(np.median(each["step_s"])),
        "seconds_of_all": each["seconds"].mean() * count,
    }
    mine = losses[each["run"]]
    difference = np.abs(mine - each["loss"]) / np.maximum(np.abs(each["loss"]), 1e-3)
    verdict = {
        "kind": "sweep",
        "ratio": sequential["seconds_of_all"] / sweep["seconds"],
        "limit": LIMIT,
        # Other programs on the machine stretch seconds, but hardly the processor's time.
        "cpu_ratio": each["cpu_s"].mean() * count / sweep["cpu_s"],
        # What is left of it when nothing is compiled: a step of every run, over a step of all.
        "step_ratio": sequential["step_s"] * count / sweep["step_s"],
        "largest_loss_difference": float(difference.max()),
        "tolerance": TOLERANCE,
    }
    verdict["within"] = bool(verdict["ratio"] >= LIMIT and difference.max() <= TOLERANCE)
    header = {"kind": "machine", **_machine.machine(), "date": _machine.now()}
    settings = {"config": dataclasses.asdict(config), "seeds": args.seeds, "rates": args.rates}
    lines = [header | {"load": _machine.load()} | settings, sequential, sweep, verdict]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    console.print(_table(sequential, sweep, verdict))
    console.print(f"Written to {args.out}", soft_wrap=True)
    return 0 if verdict["within"] else 1


def _single(config: Config, runs: dict[str, np.ndarray], run: int) -> dict[str, Any]:
    """Trains one run as its user would."""
    began, cpu_began = time.perf_counter(), time.process_time()
    seed, rate = int(runs["seed"][run]), float(runs["learning_rate"][run])
    model = make(config, seed)
    result = fit(
        model, optimizer(config, rate), cross_entropy, split(config), seed=seed, **_options(config)
    )
    if result.stopped_by is not None:
        raise KeyboardInterrupt
    return {
        "run": run,
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu_began,
        "compile_s": result.timings.first_step_seconds - result.timings.step_seconds,
        "step_s": result.timings.step_seconds,
        "loss": result.history.valid["loss"][-1],
    }


def _sweep(config: Config, runs: dict[str, np.ndarray]) -> tuple[dict[str, Any], np.ndarray]:
    """Trains all runs as one program; returns its row and the final losses."""
    began, cpu_began = time.perf_counter(), time.process_time()
    result = fit_many(
        functools.partial(make, config),
        functools.partial(optimizer, config),
        cross_entropy,
        split(config),
        seeds=runs["seed"],
        hyperparameters={"learning_rate": runs["learning_rate"]},
        **_options(config),
    )
    if result.stopped_by is not None:
        raise KeyboardInterrupt
    row = {
        "kind": "at once",
        "runs": len(result),
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu_began,
        "compile_s": result.timings.first_step_seconds - result.timings.step_seconds,
        "step_s": result.timings.step_seconds,
        "failed": int((result.failed_step > 0).sum()),
        "peak_rss_bytes": _machine.memory("VmHWM"),
    }
    return row, result.history.valid["loss"][:, -1]


def _options(config: Config) -> dict[str, Any]:
    return {"epochs": config.epochs, "batch_size": config.batch_size, "progress": False}


def _table(one: dict[str, Any], many: dict[str, Any], verdict: dict[str, Any]) -> Table:
    runs = many["runs"]
    table = Table("", f"{runs} one after the other", f"{runs} at once", "ratio")
    whole = one["seconds_of_all"], many["seconds"]
    table.add_row("in all, s", *(f"{s:,.1f}" for s in whole), f"{verdict['ratio']:.1f}")
    cpu = one["cpu_s"] / one["runs"] * runs, many["cpu_s"]
    numbers = (f"{s:,.1f}" for s in cpu)
    table.add_row("processor time, s", *numbers, f"{verdict['cpu_ratio']:.1f}")
    table.add_row("compiled once, s", f"{one['compile_s']:.2f}", f"{many['compile_s']:.2f}")
    steps = one["step_s"] * runs, many["step_s"]
    numbers = (f"{1e3 * s:,.2f}" for s in steps)
    table.add_row("a step of every run, ms", *numbers, f"{verdict['step_ratio']:.1f}")
    table.caption = (
        f"{one['runs']} runs measured one after the other; final losses differ by at most "
        f"{verdict['largest_loss_difference']:.1e} of their size"
    )
    return table


if __name__ == "__main__":
    sys.exit(main())
