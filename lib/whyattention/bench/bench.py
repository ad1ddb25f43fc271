"""The training bench: choose a network, press Start, and watch its length curve grow.

It lives in Jupyter alone. Where nobody can press a button, in a notebook that a program runs, it leaves a
still picture of what the book has measured, and a link to where the page can be run. So no page of the book
holds a widget whose buttons do nothing.
"""

from __future__ import annotations

from typing import Any

from whyattention.bench.launch import binder_link
from whyattention.bench.panel import BenchPanel
from whyattention.bench.run import RunSettings, TrainingRun
from whyattention.bench.still import still
from whyattention.training import is_watched


class TrainingBench:
    """Controls, a progress bar, and the length curves of the networks that were trained with them.

    The last value of a cell, it is shown. In Jupyter it is then an ipywidget; nothing is trained before
    Start is pressed, and a run ends when its figure leaves the page: when the cell is run again, cleared or
    deleted. In a notebook that a program runs it is the still picture alone.

    The figure keeps as many runs as there are ``curves.LOOKS``; then the earliest goes.

    Args:
        task: What stands in the controls at first; all but ``page`` as for ``RunSettings``.
        cell: The cell.
        hidden: Hidden units.
        attention: "off", "on" or "control".
        steps: Steps of training.
        seed: Seed of weights and training data.
        page: The notebook of the book that shows the bench, without ``.ipynb``: the still picture links to it
            on Binder. None: no link.

    Raises:
        TypeError: A number is not an integer.
        ValueError: An option is unknown or out of range, or ``page`` is no notebook of the book.

    Taught in:
        Chapters 2 and 8.

    Example:
        >>> bench = TrainingBench(cell="gru", steps=200)
        >>> bench
        TrainingBench(task='copy', cell='gru', hidden=64, attention='off', steps=200, seed=0)
    """

    def __init__(
        self,
        task: str = "copy",
        cell: str = "lstm",
        hidden: int = 64,
        attention: str = "off",
        steps: int = 800,
        seed: int = 0,
        *,
        page: str | None = None,
    ) -> None:
        self._settings = RunSettings(task, cell, hidden, attention, steps, seed)
        self._link = None if page is None else binder_link(page)
        self._panel: BenchPanel | None = None

    @property
    def runs(self) -> list[TrainingRun]:
        """The runs that the figure shows, the present one last."""
        return list(self._panel.runs) if self._panel else []

    def start(self) -> None:
        """Start a run with the settings of the controls, as the button does; not beside one that goes on."""
        self._shown_panel().start()

    def stop(self) -> None:
        """End the present run, as the button does; when this returns, nothing of it goes on."""
        if self._panel:
            self._panel.stop()

    def close(self) -> None:
        """End the present run and take the bench off the page; shown again, it is a new one."""
        if self._panel:
            self._panel.close()

    def still(self) -> str:
        """Return plain HTML: what the book has measured, in a picture, in words and in a table."""
        return still(self._settings.attention != "off", self._link)

    def _shown_panel(self) -> BenchPanel:
        if self._panel is None or self._panel.closed:
            self._panel = BenchPanel(self._settings)
        return self._panel

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        plain = {"text/plain": repr(self), "text/html": self.still()}
        # Widgets are made only now and here: one that is made is stored in a notebook, shown or not.
        return self._shown_panel().view() | plain if is_watched() else plain

    def __repr__(self) -> str:
        return repr(self._settings).replace(RunSettings.__name__, type(self).__name__)
