"""Curves: measured quality against length, over seeds, with a ruler for bits needed and bits recovered."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import traitlets

from whyattention.widgets import curves_arithmetic as arithmetic
from whyattention.widgets import curves_stored
from whyattention.widgets._base import CourseWidget, StateError
from whyattention.widgets.curves_fallback import chart_html
from whyattention.widgets.curves_state import DASHES, HUES, LIMITS, MARKERS, checked, chosen, groups
from whyattention.widgets.validation import one_of

Chart = dict[str, Any]


class Curves(CourseWidget):
    """Measured curves with the spread over seeds, filters made of their settings, and a ruler to read them.

    At the ruler stand each shown curve's mean and range, sorted. If the tokens are random symbols of an
    alphabet, the bits of the message stand beside those that came back at the least. Taught in chapters 2,
    6 and 8, whose stored results :meth:`of` takes; a class's own measurements are given as arguments.

    Args:
        x: Where was measured: 2 to 60 rising numbers.
        curves: Dictionaries with "label"; "values", one list along x for each seed; and perhaps "settings",
            such as ``{"cell": "GRU", "hidden size": 64, "attention": False}``, by which a reader can choose,
            and "look", a hue, dashes and a marker, such as ``["weight", "dash", "circle-open"]``.
        x_label: What x is.
        y_label: What was measured.
        unit: What x counts, as "symbols".
        trained: The shortest and the longest x that training had; None if that says nothing.
        alphabet: V, if the tokens are independent symbols of V and the values shares of right ones.
        tokens: The setting that tells the number of tokens in a message; empty if x does.
        one_of: Settings of which one value is shown at a time.
        threshold: The figure tells up to which x a curve stays at or above this.
        note: A sentence about how it was measured.
        charts: Instead of all these, several charts: dictionaries of them, each with a "name".
        chart: Which of them is shown.
        at: Where the ruler is; the longest trained x if left out, and the last one if there is none.
        shown: For a setting the values that are shown; all if left out.
        seeds: Whether each seed has a line of its own.
        count: Whether tokens are drawn, not shares of them; needs an alphabet.

    Raises:
        StateError: A ``ValueError`` and ``TraitError``; names the argument, what came and what was expected.

    Example:
        >>> mine = Curves([5, 10], [{"label": "GRU", "values": [[1.0, 0.5], [0.9, 0.4]]}], unit="symbols")
        >>> mine.readings()[0]["low"]
        0.4
    """

    MODULE = "curves"
    CONSTANTS: ClassVar[dict] = {"LIMITS": LIMITS, "HUES": HUES, "DASHES": DASHES, "MARKERS": MARKERS}

    charts = traitlets.List().tag(sync=True)
    chart = traitlets.Any(0).tag(sync=True)
    at = traitlets.Any(None, allow_none=True).tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    seeds = traitlets.Bool(False).tag(sync=True)
    count = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        x: Sequence[float] | None = None,
        curves: Sequence[Mapping] | None = None,
        *,
        x_label: str = "x",
        y_label: str = "y",
        unit: str = "",
        trained: Sequence[float] | None = None,
        alphabet: int | None = None,
        tokens: str = "",
        one_of: Sequence[str] = (),
        threshold: float | None = None,
        note: str = "",
        charts: Sequence[Mapping] | None = None,
        chart: int = 0,
        at: float | None = None,
        shown: Mapping[str, Sequence] | None = None,
        seeds: bool = False,
        count: bool = False,
    ) -> None:
        if charts is None:
            charts = [
                {
                    "name": "",
                    "x": x,
                    "curves": curves,
                    "x_label": x_label,
                    "y_label": y_label,
                    "unit": unit,
                    "trained": trained,
                    "alphabet": alphabet,
                    "tokens": tokens,
                    "one_of": one_of,
                    "threshold": threshold,
                    "note": note,
                }
            ]
        elif x is not None or curves is not None:
            raise StateError("charts came with x or curves, expected either charts or x and curves")
        state = {"charts": charts, "chart": chart, "at": at, "shown": {} if shown is None else shown}
        super().__init__(seeds=seeds, count=count, **checked(state))

    @classmethod
    def of(cls, name: str, figure: str = "token_accuracy", **state: object) -> "Curves":
        """The curves of a stored result of the book, without running anything.

        Args:
            name: "length_curve", "reversal", "translation_length", "delayed_copy", "ablations" or
                "self_attention".
            figure: "token_accuracy", "exact_match" or "edit_accuracy".
            state: What is shown at first: chart, at, shown, seeds, count.

        Returns:
            A new figure.

        Raises:
            ValueError: There is no such result or figure, or the state does not fit.
            FileNotFoundError: The result is not stored here.

        >>> Curves.of("length_curve")
        Curves(charts=['copy', 'translation'])
        """
        one_of("name", name, curves_stored.RESULTS)
        one_of("figure", figure, curves_stored.FIGURES)
        # Only here: it imports no torch, but what runs the experiments, and the book is built without that.
        from whyattention.experiments.results import stored_result

        return cls(charts=curves_stored.charts(stored_result(name)["rows"], figure), **state)

    @traitlets.validate("charts", "chart", "at", "shown")
    def _fits(self, proposal: dict) -> object:
        return self._fitted(proposal, ("charts", "chart", "at", "shown"), checked)

    @property
    def visible(self) -> list[dict]:
        """The curves that are shown: those whose every setting is chosen."""
        chart = self.charts[self.chart]
        picked = {group["name"]: chosen(chart, self.shown, group["name"]) for group in groups(chart)}
        return [
            curve
            for curve in chart["curves"]
            if all(value in picked.get(name, [value]) for name, value in curve["settings"].items())
        ]

    @property
    def ruler(self) -> int:
        """The index of the x at which the ruler stands."""
        chart = self.charts[self.chart]
        default = chart["trained"][1] if chart["trained"] else chart["x"][-1]
        return arithmetic.nearest(chart["x"], default if self.at is None else self.at)

    def readings(self) -> list[dict[str, Any]]:
        """What stands at the ruler, the best curve first.

        Returns:
            For each shown curve "label", "mean", "low", "high", and "reach", the largest x up to which the
            mean stays at or above the threshold (None: nowhere; no key without a threshold). With an
            alphabet also "tokens" right, of "of", "bits" at the least, and bits "needed".
        """
        chart, i = self.charts[self.chart], self.ruler
        rows = []
        for curve in self.visible:
            over = arithmetic.spread(curve["values"])
            row = {"label": curve["label"]} | {name: over[name][i] for name in ("mean", "low", "high")}
            if chart["threshold"] is not None:
                row["reach"] = arithmetic.reach(chart["x"], over["mean"], chart["threshold"])
            if alphabet := chart["alphabet"]:
                n = curve["settings"][chart["tokens"]] if chart["tokens"] else chart["x"][i]
                row |= {"tokens": n * row["mean"], "of": n}
                row["bits"] = arithmetic.bits_at_least(row["mean"], n, alphabet)
                row["needed"] = arithmetic.bits_needed(n, alphabet)
            rows.append(row)
        return sorted(rows, key=lambda row: -row["mean"])

    def __repr__(self) -> str:
        names = [chart["name"] for chart in self.charts if chart["name"]]
        return f"Curves(charts={names!r})" if names else f"Curves(x={self.charts[0]['x']!r})"

    def fallback(self) -> str:
        """A drawing and a table of the curves that are shown: x by curve, means and ranges over seeds.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        return chart_html(self.charts[self.chart], self.visible)
