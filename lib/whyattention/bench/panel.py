"""The live half of the training bench: its controls, its progress, its figure, and the runs behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets

from whyattention.bench.curves import LOOKS, LengthCurve, picture
from whyattention.bench.run import ATTENTION, TASKS, TRAINED_TO, WIDTHS, RunSettings, TrainingRun

# Words that readers see.
TEXT = {
    "task": "Task",
    "cell": "Cell",
    "hidden": "Hidden units",
    "attention": "Attention",
    "steps": "Steps",
    "seed": "Seed",
    "copy": "copy",
    "reverse": "reversal",
    "translation": "translation",
    "rnn": "RNN (tanh)",
    "lstm": "LSTM",
    "gru": "GRU",
    "off": "off: one vector",
    "on": "on",
    "control": "control: last state only",
    "start": "Start",
    "stop": "Stop",
    "clear": "Clear earlier runs",
    "start about": "Train a network with these settings",
    "stop about": "End the training after the present step",
    "clear about": "Keep only the last run in the figure",
    "ready": "Choose a network and press Start.",
    "bad setting": "⚠ Cannot start: {error}.",
    "preparing": "Preparing the data …",
    "running": "Training: {name} …",
    "step": "step {done:,} of {steps:,}, loss {loss:.3f}",
    "seconds left": ", about {seconds:.0f} s left",
    "minutes left": ", about {minutes:.0f} min left",
    "measured": "After {step:,} steps: token accuracy {short} at length {least}, {edge} at {trained}, and "
    "{far} at {longest}, longer than any in training.",
    "finished": "Finished. ",
    "stopped": "Stopped at step {done:,}. ",
    "stopped early": "Stopped before the first measurement, at step {done:,}.",
    "failed": "⚠ Training ended with an error at step {done:,}: {error}. The bench can be started again.",
    "parameters": " The network has {parameters:,} parameters.",
    "title": "{cell} {hidden}",
    "title on": "{cell} {hidden}, attention",
    "title control": "{cell} {hidden}, control",
    "detail": "{task}, {steps:,} steps",
    "detail seed": "{task}, {steps:,} steps, seed {seed}",
}

_SHORT = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


class BenchPanel:
    """The widgets of a bench, and its runs; a closed one does nothing any more.

    What a run tells arrives in the thread of that run, and ipywidgets lets any thread set its widgets.

    Args:
        settings: What stands in the controls at first.

    Attributes:
        box: The widget that holds all others.
        runs: The runs that the figure shows, the present one last.
    """

    def __init__(self, settings: RunSettings) -> None:
        self.runs: list[TrainingRun] = []
        self._looks: dict[TrainingRun, int] = {}
        self._drawn_at = 0
        self._inputs = {
            "task": _choice("task", tuple(TASKS), settings.task),
            "cell": _choice("cell", tuple(_SHORT), settings.cell),
            "hidden": _choice("hidden", WIDTHS, settings.hidden),
            "attention": _choice("attention", tuple(ATTENTION), settings.attention),
            "steps": ipywidgets.IntText(settings.steps, description=TEXT["steps"], **_WIDE),
            "seed": ipywidgets.IntText(settings.seed, description=TEXT["seed"], **_WIDE),
        }
        self._start = _button("start", self.start)
        self._start.button_style = "primary"
        self._stop = _button("stop", self.stop)
        self._clear = _button("clear", self.clear, width="auto")
        self._bar = ipywidgets.IntProgress(0, 0, 1, layout={"width": "18.5rem", "margin": "2px 8px 2px 2px"})
        self._step = ipywidgets.HTML()
        self._status = ipywidgets.HTML()
        self._figure = ipywidgets.HTML()
        grid = {"grid_template_columns": "repeat(auto-fit, minmax(15rem, 1fr))", "max_width": "52rem"}
        row = {"flex_flow": "row wrap", "align_items": "center"}
        self.box = ipywidgets.VBox(
            [
                ipywidgets.GridBox(list(self._inputs.values()), layout=grid),
                ipywidgets.HBox([self._start, self._stop, self._clear], layout=row),
                ipywidgets.HBox([self._bar, self._step], layout=row),
                self._status,
                self._figure,
            ]
        )
        # Set, it is counted: a view that goes is a cell that was run again, cleared or deleted, and nobody
        # could stop its run any more. A cell's result itself never goes: IPython keeps it as _ and Out.
        self.box._view_count = 0
        self.box.observe(self._view_counted, "_view_count")
        self.box.observe(self._comm_changed, "comm")
        self._say(TEXT["ready"])
        self._enable(running=False)
        self._draw()

    @property
    def closed(self) -> bool:
        """Whether the widgets are gone, by ``close`` or by that of ipywidgets."""
        return self.box.comm is None

    @property
    def running(self) -> bool:
        """Whether a run goes on."""
        return bool(self.runs) and self.runs[-1].state == "running"

    def view(self) -> dict[str, Any]:
        """Return what IPython shows of a widget, by mime type."""
        return dict(self.box._repr_mimebundle_())

    def start(self) -> None:
        """Start a run with the settings of the controls, if none goes on; say what is wrong with them."""
        if self.running:
            return
        if self.runs:
            self.runs[-1].wait()  # its thread has set the Start button free, and may be about to end
        values = {name: control.value for name, control in self._inputs.items()}
        try:
            settings = RunSettings(**values)
        except (TypeError, ValueError) as error:
            self._say(TEXT["bad setting"].format(error=error), urgent=True)
            return
        kept = [run for run in self.runs if run.accuracy is not None][-len(LOOKS) + 1 :]
        looks = {run: self._looks[run] for run in kept}  # what was blue stays blue
        run = TrainingRun(settings, self._told)
        look = next(look for look in range(len(LOOKS)) if look not in looks.values())
        self.runs, self._looks, self._drawn_at = [*kept, run], looks | {run: look}, 0
        self._enable(running=True)
        self._bar.max, self._bar.value, self._bar.bar_style = settings.steps, 0, ""
        self._step.value = escape(TEXT["preparing"])
        self._say(TEXT["running"].format(name=", ".join(_names(settings, settings.steps))))
        run.start()

    def stop(self) -> None:
        """End the present run, and wait until it has ended."""
        if self.runs:
            self.runs[-1].stop()

    def clear(self) -> None:
        """Keep only the last run."""
        self.runs = self.runs[-1:]
        self._enable(running=False)
        self._draw()

    def close(self) -> None:
        """End the present run and close all widgets."""
        self.stop()
        for row in self.box.children:
            for widget in (*getattr(row, "children", ()), row):
                widget.close()
        self.box.close()

    def _told(self, run: TrainingRun) -> None:
        done, ended = run.history.steps, run.state != "running"
        if done:
            self._bar.value = done
            left = _left(run.seconds_left) if not ended else ""
            line = TEXT["step"].format(done=done, steps=run.settings.steps, loss=run.history.losses[-1])
            self._step.value = escape(line + left)
        elif ended:
            self._step.value = ""
        if run.measured_at != self._drawn_at:
            self._drawn_at = run.measured_at
            self._draw()
            self._say(_finding(run))
        if ended:
            self._bar.bar_style = {"finished": "success", "stopped": "", "failed": "danger"}[run.state]
            self._say(_ending(run), urgent=True)
            self._enable(running=False)

    def _draw(self) -> None:
        curves = [
            LengthCurve(
                *_names(run.settings, run.measured_at),
                run.settings.lengths,
                run.accuracy,
                look=self._looks[run],
                heavy=run is self.runs[-1],
            )
            for run in self.runs
            if run.accuracy is not None
        ]
        self._figure.value = picture(curves, TRAINED_TO)

    def _say(self, text: str, urgent: bool = False) -> None:
        # Screen readers announce an alert when it is put into the page, which ipywidgets does with each text.
        role = "alert" if urgent else "status"
        self._status.value = f'<p role="{role}" style="{_STATUS}">{escape(text)}</p>'

    def _enable(self, running: bool) -> None:
        for control in (*self._inputs.values(), self._start):
            control.disabled = running
        self._stop.disabled = not running
        self._clear.disabled = running or len(self.runs) < 2

    def _view_counted(self, change: Mapping[str, Any]) -> None:
        if change["new"] < change["old"]:
            self.stop()

    def _comm_changed(self, change: Mapping[str, Any]) -> None:
        if change["new"] is None:
            self.stop()


# Two lines high, whatever it says, so that the figure below keeps its place.
_STATUS = "margin: 6px 2px; max-width: 52rem; line-height: 1.4; min-height: 2.8em"
_WIDE = {"layout": {"width": "auto"}, "style": {"description_width": "5.5rem"}}


def _choice(name: str, values: tuple[Any, ...], value: object) -> ipywidgets.Dropdown:
    options = [(TEXT.get(one, str(one)), one) for one in values]
    return ipywidgets.Dropdown(options=options, value=value, description=TEXT[name], **_WIDE)


def _button(name: str, action: Callable[[], None], width: str = "6rem") -> ipywidgets.Button:
    button = ipywidgets.Button(
        description=TEXT[name], tooltip=TEXT[f"{name} about"], layout={"width": width, "min_height": "32px"}
    )
    button.on_click(lambda _: action())
    return button


def _names(settings: RunSettings, steps: int) -> tuple[str, str]:
    """What tells a run from others: its network, and what it was trained on and for how long."""
    title = TEXT.get(f"title {settings.attention}", TEXT["title"])
    detail = TEXT["detail seed" if settings.seed else "detail"]
    return (
        title.format(cell=_SHORT[settings.cell], hidden=settings.hidden),
        detail.format(task=TEXT[settings.task], steps=steps, seed=settings.seed),
    )


def _left(seconds: float) -> str:
    unit = "seconds" if seconds < 100 else "minutes"
    return TEXT[f"{unit} left"].format(seconds=seconds, minutes=seconds / 60)


def _finding(run: TrainingRun) -> str:
    at = dict(zip(run.settings.lengths, run.accuracy, strict=True))
    least, longest = min(at), max(at)
    shares = {"short": at[least], "edge": at[TRAINED_TO], "far": at[longest]}
    shares = {name: f"{share:.2f}" for name, share in shares.items()}
    lengths = {"least": least, "trained": TRAINED_TO, "longest": longest}
    return TEXT["measured"].format(step=run.measured_at, **shares, **lengths)


def _ending(run: TrainingRun) -> str:
    done = run.history.steps
    if run.state == "failed":
        error = f"{type(run.error).__name__}: {run.error}".rstrip(".")
        return TEXT["failed"].format(done=done, error=error)
    if run.accuracy is None:
        return TEXT["stopped early"].format(done=done)
    parameters = TEXT["parameters"].format(parameters=run.parameters)
    return TEXT[run.state].format(done=done) + _finding(run) + parameters
