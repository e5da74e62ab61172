"""The README's section on performance, from the committed results."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import report, workloads
from benchmarks.adapters import LIBRARIES

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
BEGIN = "<!-- benchmarks: `python -m benchmarks.report --readme` writes what follows -->"
END = "<!-- /benchmarks -->"
COLUMNS = (
    "workload",
    "run",
    "qjax: first call, s",
    "step, ms",
    "share of the step that the machine needs at least",
    "quickest other step",
    "times qjax's",
    "quickest other first call in JAX",
    "times qjax's",
)
SINGLE = "†"
OTHER = "another answer"
Row = dict[str, Any]


class Run(NamedTuple):
    """A results file: its name, what heads it, its rows."""

    name: str
    header: Row
    rows: list[Row]


def rewrite(path: Path = ROOT / "README.md", write: Callable[[], str] | None = None) -> None:
    """Writes the section anew, between its two markers."""
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    body = (write or section)()
    path.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}", encoding="utf-8")


def section(folder: Path = RESULTS) -> str:
    """Returns the section: a table for each machine, then depth, start and drift where measured."""
    paths = sorted(folder.glob("[cg]pu-*.jsonl"))
    runs = [Run(path.name, *report.load(path)) for path in paths]
    machines: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: str(run.header["date"])):
        machines.setdefault(report.machine(run.header), []).append(run)
    parts = [part for name, of_it in machines.items() for part in _of_machine(name, of_it)]
    for name, write in SENTENCES.items():
        if (path := folder / f"{name}.jsonl").exists():
            entries = [json.loads(line) for line in path.read_text().splitlines()]
            revision = next((e.get("revision") for e in entries if e["kind"] == "machine"), None)
            dirty = " Measured with uncommitted changes." if "dirty" in (revision or "") else ""
            parts.append(write([entry for entry in entries if entry["kind"] == name]) + dirty)
    return "\n\n".join(parts)


def _of_machine(name: str, runs: list[Run]) -> list[str]:
    """Returns what is told of one machine: its comparisons, in the order of the families."""
    found = [c for number, run in enumerate(runs, 1) for c in _of_run(run, number)]
    order = list(workloads.FAMILIES)
    found.sort(key=lambda c: (order.index(c.workload.partition("-")[0]), c.sizes, c.run))
    table = [
        COLUMNS,
        ["---"] + ["---:"] * 4 + ["---", "---:"] * 2,
        *(c.cells for c in found),
    ]
    lines = "\n".join("| " + " | ".join(line) + " |" for line in table)
    notes = [
        f"({number}) `{run.name}`, {report.occasion(run.header)}"
        for number, run in enumerate(runs, 1)
    ]
    single = ""
    if any(c.single for c in found):
        single = (
            f" {SINGLE} There is no answer in double precision: those of other libraries, if any, "
            "were compared in single precision only, with qjax's."
        )
    return [f"{name}. {_told(found)}", lines, f"Runs: {'; '.join(notes)}.{single}"]


class Comparison(NamedTuple):
    """A workload of one run: qjax's row, and the others' whose answers are right.

    Attributes:
        run: Number of the run.
        ours: The row of qjax.
        others: Rows of other libraries that ended and whose answers agree.
        wrong: Rows that ended with an answer that does not agree.
        failures: Why each other library that was tried is not among them.
        single: Whether answers were compared in single precision only.
        share: Of the step, what the machine needs at least.
    """

    run: int
    ours: Row
    others: list[Row]
    wrong: list[Row]
    failures: dict[str, str]
    single: bool
    share: str

    @property
    def workload(self) -> str:
        """Its name."""
        return str(self.ours["workload"])

    @property
    def sizes(self) -> list[int]:
        """The numbers of its name."""
        return [int(size) for size in self.workload.split("-")[1:]]

    @property
    def cells(self) -> list[str]:
        """The line of the table."""
        numbers = [report.number(self.ours["first_call_s"])]
        numbers.append(report.number(self.ours.get("step_median_s"), 1e3))
        mark = f" {SINGLE}" if self.single else ""
        about = [self.workload + mark, str(self.run), *numbers, self.share]
        return [*about, *self._cell("step_median_s"), *self._cell("first_call_s", _compiled)]

    def best(self, key: str, keep: Callable[[str], bool] = bool) -> tuple[str, float] | None:
        """Returns the other library that was quickest, and its time over qjax's."""
        ratios = {
            r["library"]: report.ratio(r, self.ours, key) for r in self.others if keep(r["library"])
        }
        known = {library: factor for library, factor in ratios.items() if factor is not None}
        if not known:
            return None
        library = min(known, key=lambda name: known[name])
        return library, known[library]

    def _cell(self, key: str, keep: Callable[[str], bool] = bool) -> tuple[str, str]:
        best = self.best(key, keep)
        if best is not None:
            return best[0], report.times(best[1])
        reasons: dict[str, list[str]] = {}
        for library, reason in self.failures.items():
            if keep(library):
                reasons.setdefault(reason, []).append(library)
        told = "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())
        return told or "none was tried", ""


def _of_run(run: Run, number: int) -> list[Comparison]:
    rows = run.rows
    verdicts = report.trusted(rows)
    found = []
    for ours in (row for row in rows if row["library"] == report.BASELINE):
        name = ours["workload"]
        if _failure(ours, verdicts[name, report.BASELINE]):
            continue
        tried = [
            r
            for r in rows
            if r["workload"] == name
            and r["library"] in LIBRARIES
            and not r["library"].startswith(report.BASELINE)
        ]
        failures = {
            r["library"]: why for r in tried if (why := _failure(r, verdicts[name, r["library"]]))
        }
        others = [r for r in tried if r["library"] not in failures]
        wrong = [r for r in tried if failures.get(r["library"]) == OTHER]
        single = (report.reference(rows, name) or {}).get("dtype") != "complex128"
        share = report.of_least(ours, run.header)
        found.append(Comparison(number, ours, others, wrong, failures, single, share))
    return found


def _failure(row: Row, right: bool) -> str:
    """Returns why a row is not compared, in a few words; nothing where it is."""
    reason = row.get("reason", "")
    if row["status"] == "timed out":
        return reason
    if row["status"] == "unsupported":
        return "not written for it"
    if row["status"] != "ok":
        short = any(word in reason for word in ("RESOURCE_EXHAUSTED", "MemoryError", "bad_alloc"))
        return "out of memory" if short else "failed"
    return "" if right else OTHER


def _compiled(library: str) -> bool:
    return LIBRARIES[library].compiles


def _told(found: list[Comparison]) -> str:
    """Returns what the table does not show by itself: where qjax is slower, what is left out."""
    words = []
    slower = [
        f"`{c.workload}` ({best[0]}: {best[1]:.2f} of qjax's step)"
        for c in found
        if (best := c.best("step_median_s")) is not None and best[1] < 1
    ]
    if slower:
        words.append(f"qjax is slower than the quickest other on {_joined(slower)}.")
    gaps = [
        (c.ours["first_call_s"] - r["first_call_s"], c, r)
        for c in found
        for r in c.others
        if not _compiled(r["library"])
    ]
    if gaps:
        _, c, row = max(gaps, key=lambda gap: gap[0])
        words.append(
            "First calls are compared with other libraries in JAX only. Those in C++ and PyTorch "
            "compile nothing; theirs are in the results files. The widest gap is that of "
            f"`{c.workload}`: {report.number(row['first_call_s'])} s with {row['library']}, "
            f"{report.number(c.ours['first_call_s'])} s with qjax."
        )
    wrong: dict[str, list[str]] = {}
    for c in found:
        for row in c.wrong:
            factor = report.times(report.ratio(row, c.ours, "step_median_s"))
            wrong.setdefault(row["library"], []).append(f"`{c.workload}` ({factor})")
    if wrong:
        each = "; ".join(f"{library} on {_joined(names)}" for library, names in wrong.items())
        words.append(
            "Left out, for their answers differ from the reference's by more than the tolerance, "
            f"with their steps over qjax's: {each}."
        )
    return " ".join(words)


def _joined(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _depth(lines: list[Row]) -> str:
    (line,) = lines
    few, many = line["layers"]
    ratios, limits = line["ratios"], line["limits"]
    first, memory = (ratios[key] for key in ("compile_share_s", "peak_rss_bytes"))
    starts = line["starts"]
    beyond = [
        f"{what} ({limits[key]:g} times)"
        for key, what in DEPTH.items()
        if ratios[key] > limits[key]
    ]
    verdict = f" That is beyond the limits of {_joined(beyond)}." if beyond else ""
    return (
        f"{many:,} layers against {few:,} (12 qubits, "
        f"{'one process' if starts == 1 else f'the median of {starts} processes'} each): "
        f"{first:.2f} times the first call less one step, {memory:.2f} times the peak memory."
        + verdict
    )


DEPTH = {
    "equations": "the size of the program",
    "compile_share_s": "the first call less one step",
    "peak_rss_bytes": "the peak memory",
}


def _start(lines: list[Row]) -> str:
    each = ", ".join(
        f"`{line['workload']}` {line['second']['first_step_s']:.1f} s after "
        f"{line['first']['first_step_s']:.1f} s"
        for line in lines
    )
    return (
        f"Time to the first step, imports included, of a second process after a first one: {each}."
    )


def _drift(lines: list[Row]) -> str:
    each = ", ".join(f"{line['layers']:,}: {line['gradient_error']:.0e}" for line in lines)
    return f"Relative error of the single-precision gradient against double, by layers: {each}."


SENTENCES = {"depth": _depth, "start": _start, "drift": _drift}
