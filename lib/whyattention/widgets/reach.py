"""Reach: how much of a gradient is left after k steps back through one unit of each cell."""

import math
from collections.abc import Mapping
from typing import ClassVar

import traitlets

from whyattention.widgets import reach_arithmetic as arithmetic
from whyattention.widgets._base import CourseWidget, StateError
from whyattention.widgets.reach_fallback import Line, draw
from whyattention.widgets.validation import flag, number, one_of, whole

DEFAULTS = {
    "cell": "tanh",
    "weight": 0.9,
    "drive": 0.5,
    "forget_bias": 1.0,
    "lag": 100,
    "clipping": False,
    "limit": 5.0,
    "kept": None,
}
PRESETS = {
    "vanishing": {},
    "balanced": {"cell": "linear", "weight": 1.0},
    "exploding": {"cell": "linear", "weight": 1.1},
    "latch": {"weight": 4.0},
    "lstm-one": {"cell": "lstm"},
    "lstm-log": {"cell": "lstm", "forget_bias": math.log(100)},
}
_SETTINGS = ("cell", "weight", "drive", "forget_bias")
_CELLS = (*arithmetic.RNNS, *arithmetic.GATED)


class Reach(CourseWidget):
    """How far back a gradient reaches: |∂h_L/∂h_{L-k}| of one unit against the lag k, on a log scale.

    The network is one unit wide, starts from 0 and reads L inputs of one size, whose signs are fixed::

        linear, tanh, logistic    h_t = φ(w h_{t-1} + x_t)
        lstm    c_t = f c_{t-1} + ½ g_t    g_t = tanh(w h_{t-1} + x_t)      h_t = ½ tanh(c_t)    f = σ(b)
        gru     h_t = u h_{t-1} + (1 - u) n_t    n_t = tanh(½ w h_{t-1} + x_t)                   u = σ(b)

    Gates stand at their biases, as at the start of training. Of the LSTM it is |∂c_L/∂c_{L-k}|.
    Beside the gradient stand the bound (w γ)^k of an RNN, or the direct path of a gated cell, through its
    gate alone. Clipping treats the numbers of all lags as one gradient, by the rule of PyTorch's
    ``clip_grad_norm_``. Taught in chapter 3; the forget bias in chapter 4.

    Args:
        cell: "linear", "tanh", "logistic", "lstm" or "gru".
        weight: The recurrent weight w, from 0 to 5.
        drive: The size of the inputs, from 0 to 3.
        forget_bias: b, from -3 to 8: the bias of the LSTM's forget gate, of the GRU's update gate.
        lag: L, from 1 to 200 steps.
        clipping: Whether the gradient is clipped.
        limit: The norm that it is clipped at, from 0.01 to 1000.
        kept: None, or a second setting to compare with: a dictionary of cell, weight, drive and forget_bias.

    Raises:
        StateError: A ``ValueError`` and ``TraitError``; names the argument, what came and what was expected.

    >>> Reach(cell="tanh", weight=0.9).reach
    14
    >>> f"{Reach.preset('lstm-one').direct_norms[100]:.1e}, {Reach.preset('lstm-log').direct_norms[100]:.2f}"
    '2.5e-14, 0.37'
    """

    MODULE = "reach"
    CONSTANTS: ClassVar[dict] = {
        "PRESETS": PRESETS,
        "DEFAULTS": DEFAULTS,
        "LIMITS": arithmetic.LIMITS,
        "STEEPEST": arithmetic.STEEPEST | dict.fromkeys(arithmetic.GATED),
        "SIGNS": arithmetic.SIGNS,
        "GONE": arithmetic.GONE,
        "ROUNDING": arithmetic.ROUNDING,
        "CLIP_EPSILON": arithmetic.CLIP_EPSILON,
    }

    # Not traitlets.Any, which lets None through unseen.
    cell = traitlets.TraitType(DEFAULTS["cell"]).tag(sync=True)
    weight = traitlets.TraitType(DEFAULTS["weight"]).tag(sync=True)
    drive = traitlets.TraitType(DEFAULTS["drive"]).tag(sync=True)
    forget_bias = traitlets.TraitType(DEFAULTS["forget_bias"]).tag(sync=True)
    lag = traitlets.TraitType(DEFAULTS["lag"]).tag(sync=True)
    clipping = traitlets.TraitType(DEFAULTS["clipping"]).tag(sync=True)
    limit = traitlets.TraitType(DEFAULTS["limit"]).tag(sync=True)
    kept = traitlets.Any(DEFAULTS["kept"]).tag(sync=True)

    def __init__(
        self,
        cell: str = "tanh",
        weight: float = 0.9,
        drive: float = 0.5,
        forget_bias: float = 1.0,
        lag: int = 100,
        clipping: bool = False,
        limit: float = 5.0,
        kept: Mapping[str, object] | None = None,
    ) -> None:
        state = {"cell": cell, "weight": weight, "drive": drive, "forget_bias": forget_bias, "lag": lag}
        super().__init__(**_checked(state | {"clipping": clipping, "limit": limit, "kept": kept}))

    @classmethod
    def preset(cls, name: str) -> "Reach":
        """One of the settings that the figure offers.

        Args:
            name: "vanishing", "balanced", "exploding", "latch", "lstm-one" or "lstm-log".

        Returns:
            A new widget.

        Raises:
            ValueError: If there is no such setting.
        """
        return cls(**PRESETS[one_of("name", name, PRESETS)])

    @traitlets.validate(*DEFAULTS)
    def _fits(self, proposal: dict) -> object:
        return self._fitted(proposal, DEFAULTS, _checked)

    @property
    def factors(self) -> list[float]:
        """The factor of each step, that of the last step first, of length L."""
        return self._step_factors()[0]

    @property
    def log_norms(self) -> list[float]:
        """log₁₀ |∂h_L/∂h_{L-k}|, or of the cell state, for k = 0 … L; -inf where it is 0."""
        return arithmetic.log_norms(self.factors)

    @property
    def norms(self) -> list[float]:
        """|∂h_L/∂h_{L-k}| for k = 0 … L; 0 where it is too small for float64."""
        return [10**log for log in self.log_norms]

    @property
    def direct_norms(self) -> list[float] | None:
        """What is left on the direct path, the product of the gates, for k = 0 … L; None without a gate."""
        direct = self._step_factors()[1]
        return None if direct is None else [10**log for log in arithmetic.log_norms(direct)]

    @property
    def reach(self) -> int | None:
        """The first lag at which less than 10⁻³ is left, or None if that is not within L steps."""
        return arithmetic.first_under(self.log_norms)

    @property
    def clip_factor(self) -> float:
        """What clipping at ``limit`` multiplies all of them by, 1 where it does nothing."""
        return arithmetic.clipping(self.log_norms, self.limit)[1]

    def _step_factors(self) -> tuple[list[float], list[float] | None]:
        return arithmetic.step_factors(self.cell, self.weight, self.drive, self.forget_bias, self.lag)

    def __repr__(self) -> str:
        bias = f", forget_bias={self.forget_bias:g}" if self.cell in arithmetic.GATED else ""
        return (
            f"Reach(cell={self.cell!r}, weight={self.weight:g}, drive={self.drive:g}{bias}, lag={self.lag})"
        )

    def fallback(self) -> str:
        """A plot of the present state, and a table of what is left at ten lags.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        gated, logs = self.cell in arithmetic.GATED, self.log_norms
        lines = [Line("all" if gated else "gradient", logs)]
        if gated:
            lines.append(Line("direct", arithmetic.log_norms(self._step_factors()[1])))
        elif self.cell != "linear":
            bound = [self.weight * arithmetic.STEEPEST[self.cell]] * self.lag
            lines.append(Line("bound", arithmetic.log_norms(bound)))
        if self.clipping:
            shift = math.log10(self.clip_factor)
            lines.append(Line("clipped", [log + shift for log in logs]))
        if self.kept:
            factors = arithmetic.step_factors(**self.kept, lag=self.lag)[0]
            lines.append(Line("kept", arithmetic.log_norms(factors)))
        state = {name: getattr(self, name) for name in _SETTINGS}
        return draw(lines, state, self.kept, self.limit)


def _checked(state: dict) -> dict:
    """The state with numbers as floats, if its parts are right."""
    kept = state["kept"]
    if kept is not None:
        if not isinstance(kept, Mapping) or set(kept) != set(_SETTINGS):
            raise StateError(f"kept is {kept!r}, expected None or a dictionary of {', '.join(_SETTINGS)}")
        kept = _settings("kept.", kept)
    return _settings("", state) | {
        "lag": whole("lag", state["lag"], *arithmetic.LIMITS["lag"]),
        "clipping": flag("clipping", state["clipping"]),
        "limit": number("limit", state["limit"], *arithmetic.LIMITS["limit"]),
        "kept": kept,
    }


def _settings(prefix: str, state: Mapping) -> dict:
    return {"cell": one_of(f"{prefix}cell", state["cell"], _CELLS)} | {
        name: number(f"{prefix}{name}", state[name], *arithmetic.LIMITS[name]) for name in _SETTINGS[1:]
    }
