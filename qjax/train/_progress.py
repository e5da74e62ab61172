"""Progress of a run: a bar on a terminal, a few lines in a log."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from qjax.train._history import Record

_LINES = 10


class ProgressReport:
    """Shows loss, metrics, rate and time left.

    Args:
        label: Name of the run.
        epochs: Epochs in all.
        done: Epochs that were finished before.
        steps: Steps in an epoch.
        console: Where to write; None for nowhere. A console that is no terminal gets about ten
            plain lines.
    """

    def __init__(self, label: str, *, epochs: int, done: int, steps: int, console: Console | None):
        self._label, self._epochs, self._steps = label, epochs, steps
        self._console = console or Console(quiet=True)
        self._every = max(1, epochs // _LINES)
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=20 if self._console.width >= 110 else 8),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[numbers]}", table_column=Column(no_wrap=True)),
            TimeRemainingColumn(compact=True),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(label, total=epochs, completed=done, numbers="compiling")
        if done:
            self.say(f"resuming after epoch {done} of {epochs}")

    def __enter__(self) -> ProgressReport:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def update(self, epoch: int, record: Record) -> None:
        """Shows the numbers of an epoch that has just finished."""
        numbers = "  ".join(
            f"{name} {value:.4f} valid {record['valid'][name]:.4f}"
            for name, value in record["train"].items()
        )
        numbers += f"  {self._steps / record['seconds']:.0f} steps/s"
        self._bar.update(self._task, completed=epoch, numbers=numbers)
        last = epoch == self._epochs
        if not self._console.is_terminal and (epoch % self._every == 0 or epoch == 1 or last):
            self.say(f"epoch {epoch}/{self._epochs}  {numbers}")

    def say(self, text: str) -> None:
        """Writes one line."""
        self._console.print(f"{self._label}: {text}", highlight=False, soft_wrap=True)
