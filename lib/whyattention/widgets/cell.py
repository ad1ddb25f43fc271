"""GatedCell: one unit of an LSTM or a GRU, stepped through inputs that the reader edits."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import traitlets

from whyattention.widgets import plain_html
from whyattention.widgets._base import CourseWidget, StateError
from whyattention.widgets.cell_steps import derivatives, unrolled
from whyattention.widgets.formatting import format_number, format_weight
from whyattention.widgets.validation import listed, number, one_of, require_count, whole

# The words of the fallback; those of the live figure stand in cell.js and the files beside it.
TEXT = {
    "lstm": "One unit of an LSTM: its gates, candidate and states at each step",
    "gru": "One unit of a GRU: its gates, candidate and state at each step",
    "step": "step",
    "direct": "direct path",
    "all": "all paths",
    "bars": "The {state} of each step as a bar.",
    "kept": "The direct path is the product of the later gates {gate}. At {gate} = 1 the state is kept.",
}

# What both halves accept and offer. JavaScript reads the same tables.
LIMITS = {"steps": 12, "input": 1, "weight": 20}
#: The gates of each kind in the library's order, and how many numbers each has: [W, U, b] or [W, U, b, b'].
GATES = {"lstm": {"i": 3, "f": 3, "g": 3, "o": 3}, "gru": {"r": 3, "u": 3, "n": 4}}
#: What is drawn of each kind, in the order of the equations; the state that is kept, the gate that keeps it.
ORDER = {"lstm": ["i", "f", "g", "c", "o", "h"], "gru": ["r", "u", "n", "h"]}
KEPT = {"lstm": {"state": "c", "gate": "f"}, "gru": {"state": "h", "gate": "u"}}

_NOISE = [1.0, 0.0, 0.3, -0.5, 0.0, 0.2, -0.7, 0.0, 0.3, -0.2, 0.0, -0.4]
_ONCE = [1.0] + [0.0] * 11
_MARK = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
_TICKS = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]
_OPEN = [0.0, 0.0, 10.0]
_NAMES = ("kind", "inputs", "weights", "step")
#: The inputs, the step to look at, and the weights of each kind.
PRESETS = {
    "remember": {
        "inputs": _NOISE,
        "step": 7,
        "lstm": {"i": [20.0, 0.0, -12.0], "f": [0.0, 0.0, 8.0], "g": [2.0, 0.0, 0.0], "o": _OPEN},
        "gru": {"r": _OPEN, "u": [-20.0, 0.0, 12.0], "n": [2.0, 0.0, 0.0, 0.0]},
    },
    "forget": {
        "inputs": _ONCE,
        "step": 2,
        "lstm": {"i": [12.0, 0.0, -2.0], "f": [0.0, 0.0, 1.0], "g": [2.0, 1.0, 0.0], "o": _OPEN},
        "gru": {"r": _OPEN, "u": [-11.0, 0.0, 1.0], "n": [2.0, 0.5, 0.0, 0.0]},
    },
    "reset": {
        "inputs": _MARK,
        "step": 6,
        "lstm": {"i": [20.0, 0.0, -10.0], "f": [20.0, 0.0, 10.0], "g": [2.0, 0.0, 0.0], "o": _OPEN},
        "gru": {"r": [20.0, 0.0, 10.0], "u": [-20.0, 0.0, 10.0], "n": [1.0, 2.0, 1.0, 0.0]},
    },
    "count": {
        "inputs": _TICKS,
        "step": 12,
        "lstm": {"i": [20.0, 0.0, -10.0], "f": _OPEN, "g": _OPEN, "o": _OPEN},
        "gru": {"r": _OPEN, "u": [-10.0, 0.0, 10.0], "n": [0.0, 0.0, 10.0, 0.0]},
    },
}


class GatedCell(CourseWidget):
    """An LSTM or a GRU of one unit that reads one number a step, from a state of zeros.

    The reader edits the inputs, weights and biases, walks through the steps, and sees every gate, candidate
    and state over time, and below them how much of the last state's derivative comes back to each step. The
    conventions are those of ``whyattention.cells``: at ``u = 1`` a GRU keeps its state. Taught in chapters 4
    and 5.

    Traits that must fit each other are changed together::

        with widget.hold_sync(), widget.hold_trait_notifications():
            widget.kind, widget.weights = "gru", {"r": ..., "u": ..., "n": ...}

    Set a whole list or dictionary: an item assigned in place is neither checked nor shown.

    Args:
        kind: "lstm" or "gru".
        inputs: 1 to 12 numbers x_1 … x_L from -1 to 1; those of the preset "remember" if left out.
        weights: From -20 to 20: [W, U, b] for each of "i", "f", "g", "o" of an LSTM and "r", "u" of a GRU,
            [W, U, b, b'] for its "n"; those of the preset "remember" if left out. Where PyTorch has two
            biases that add up, b is their sum.
        step: The step to look at, from 1 to L.

    Raises:
        StateError: A ``ValueError`` and ``TraitError``; names the argument, what came and what was expected.

    >>> cell = GatedCell.preset("count")
    >>> round(cell.states[-1], 2), round(cell.derivative, 2)
    (8.0, 1.0)
    """

    MODULE = "cell"
    CONSTANTS: ClassVar[dict] = {
        "PRESETS": PRESETS,
        "LIMITS": LIMITS,
        "GATES": GATES,
        "ORDER": ORDER,
        "KEPT": KEPT,
    }

    kind = traitlets.Any().tag(sync=True)
    inputs = traitlets.List().tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)
    step = traitlets.Any(1).tag(sync=True)

    def __init__(
        self,
        kind: str = "lstm",
        inputs: Sequence[float] | None = None,
        weights: Mapping[str, Sequence[float]] | None = None,
        step: int = 1,
    ) -> None:
        preset = PRESETS["remember"]
        state = {
            "kind": kind,
            "inputs": preset["inputs"] if inputs is None else inputs,
            "weights": preset[one_of("kind", kind, GATES)] if weights is None else weights,
            "step": step,
        }
        super().__init__(**_checked(state))

    @classmethod
    def preset(cls, name: str, kind: str = "lstm") -> "GatedCell":
        """A cell whose weights are set by hand, with inputs to show what they do.

        Args:
            name: "remember", "forget", "reset" or "count".
            kind: "lstm" or "gru".

        Returns:
            A new widget.

        Raises:
            ValueError: If there is no such example or kind.
        """
        preset = PRESETS[one_of("name", name, PRESETS)]
        return cls(kind, preset["inputs"], preset[one_of("kind", kind, GATES)], preset["step"])

    @traitlets.validate(*_NAMES)
    def _fits(self, proposal: dict) -> object:
        return self._fitted(proposal, _NAMES, _checked)

    @property
    def quantities(self) -> dict[str, list[float]]:
        """Gates, candidate and states by symbol, one number a step."""
        return unrolled(self.kind, self.inputs, self.weights)

    @property
    def states(self) -> list[float]:
        """The state that is kept, after each step: c_1 … c_L of an LSTM, h_1 … h_L of a GRU."""
        return self.quantities[KEPT[self.kind]["state"]]

    @property
    def derivatives(self) -> list[float]:
        """The derivative of the last state by the state after each step, on all paths."""
        return derivatives(self.kind, self.weights, self.quantities)[1]

    @property
    def direct_derivatives(self) -> list[float]:
        """The same on the direct path: the product of the later forget or update gates."""
        return derivatives(self.kind, self.weights, self.quantities)[0]

    @property
    def derivative(self) -> float:
        """The derivative of the last state by the first, ∂c_L/∂c_1 or ∂h_L/∂h_1, on all paths."""
        return self.derivatives[0]

    @property
    def direct_derivative(self) -> float:
        """The same on the direct path."""
        return self.direct_derivatives[0]

    def __repr__(self) -> str:
        return f"GatedCell(kind={self.kind!r}, inputs={self.inputs!r})"

    def fallback(self) -> str:
        """A table of all steps with a drawn bar for each state, and the derivative.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        state, gate = KEPT[self.kind]["state"], KEPT[self.kind]["gate"]
        quantities, order = self.quantities, ORDER[self.kind]
        paths = derivatives(self.kind, self.weights, quantities)
        last = f"∂{state}<sub>{len(self.inputs)}</sub>/∂{state}<sub>t</sub>"
        heads = [TEXT["step"], *(f"<i>{name}</i>" for name in ("x", *order))]
        heads += [f"{last}, {TEXT[path]}" for path in ("direct", "all")]
        rows = []
        for t, x in enumerate(self.inputs):
            numbers = [format_number(x), *(_rounded(quantities[name][t]) for name in order)]
            rows.append([str(t + 1), *numbers, *(format_weight(path[t]) for path in paths)])
        note = TEXT["kept"].format(gate=f"<i>{gate}</i>")
        return f"{plain_html.table(TEXT[self.kind], heads, rows)}<p>{note}</p>{self._bars()}"

    def _bars(self) -> str:
        """The kept state over time."""
        state, states = KEPT[self.kind]["state"], self.states
        most, least = max(1.0, *states), min(0.0, *states)
        unit = 100 / (most - least)
        zero = 10 + unit * most
        drawn = [
            f'<rect x="{34 + 30 * t}" y="{zero - unit * max(0.0, height):.1f}" width="20" '
            f'height="{unit * abs(height):.1f}" fill="#009E73"/>'
            + plain_html.words(44 + 30 * t, 132, str(t + 1), "middle")
            for t, height in enumerate(states)
        ]
        width = 40 + 30 * len(states)
        drawn += [
            plain_html.words(4, zero + 4, state, size=14),
            f'<path d="M28 {zero:.1f}H{width}" stroke="currentColor"/>',
        ]
        return plain_html.picture(width, 140, TEXT["bars"].format(state=state), *drawn)


def _rounded(number: float) -> str:
    """Three decimals: a gate that is nearly shut reads 0.000."""
    text = f"{number:.3f}"
    return "0.000" if text == "-0.000" else text.replace("-", "−")


def _numbers(name: str, values: object, bound: float) -> list[float]:
    return [number(f"{name}[{t}]", value, -bound, bound) for t, value in enumerate(listed(name, values))]


def _checked(state: dict) -> dict:
    """The state with numbers as floats, if its parts are right and fit each other."""
    kind = one_of("kind", state["kind"], GATES)
    inputs = _numbers("inputs", state["inputs"], LIMITS["input"])
    require_count("inputs", inputs, 1, LIMITS["steps"])
    gates, weights = GATES[kind], state["weights"]
    if not isinstance(weights, Mapping) or set(weights) != set(gates):
        came = f"has {', '.join(map(str, weights))}" if isinstance(weights, Mapping) else f"is {weights!r}"
        raise StateError(
            f"weights {came}, expected {', '.join(gates)} as kind is {kind!r}; change kind and weights "
            "together: with widget.hold_sync(), widget.hold_trait_notifications(): ..."
        )
    weights = {gate: _numbers(f"weights[{gate!r}]", weights[gate], LIMITS["weight"]) for gate in gates}
    for gate, count in gates.items():
        if len(weights[gate]) != count:
            expected = "[W, U, b]" if count == 3 else "[W, U, b, b']"
            raise StateError(f"weights[{gate!r}] has {len(weights[gate])} entries, expected {expected}")
    return {
        "kind": kind,
        "inputs": inputs,
        "weights": weights,
        "step": whole("step", state["step"], 1, len(inputs)),
    }
