"""Reach in a page: its numbers and lines are Python's whatever the reader does, and junk does not stop it."""

import math
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect

from tests.widgets.held import hold
from tests.widgets.reach_states import STATES
from tests.widgets.test_reach_arithmetic import CLOSE, same_reach
from whyattention.widgets import Reach
from whyattention.widgets.reach import DEFAULTS, PRESETS
from whyattention.widgets.reach_arithmetic import clipping, log_norms, step_factors

KEPT = {"cell": "gru", "weight": 1.5, "drive": 0.25, "forget_bias": 2.0}
TOP, BOTTOM, SIZE = 6, -16, 1000  # of the plot, as long as nothing in it is above 10⁶
OUTSIDE = -400  # how far down a line is drawn at most

# Each example is a page of many figures: few are enough, and to shrink one takes longer than to read it.
on_pages = settings(
    max_examples=3,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Figure:
    """One Reach of a page, as a reader meets it."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page, self.root = page, root

    def find(self, selector: str) -> Locator:
        return self.root.locator(selector)

    def slider(self, name: str) -> Locator:
        return self.find(f"input[type=range][data-name={name}]")

    def field(self, name: str) -> Locator:
        return self.find(f".wa-number[data-name={name}]")

    def number(self, line: str, kind: str) -> float | None:
        text = self.find(f"tr[data-line={line}] data.wa-reach-{kind}").get_attribute("value")
        return float(text) if text else None

    def shows(self, line: str) -> bool:
        return self.find(f"tr[data-line={line}]").is_visible()

    def points(self, line: str) -> list[list[float]]:
        """Where a line is drawn, in parts of the plot: 0 to 1 across and down."""
        drawn = self.find(f"path.wa-reach-{line}").get_attribute("d")
        return [[float(part) / SIZE for part in point.split()] for point in drawn.lstrip("M").split("L")]

    def state(self) -> Reach:
        """Python's widget for what the controls of the page say."""
        numbers = {name: float(self.field(name).get_attribute("data-value")) for name in
                   ("weight", "drive", "forget_bias", "lag")}  # fmt: skip
        return Reach(
            **numbers | {"lag": int(numbers["lag"])},
            cell=self.find("input[type=radio]:checked").get_attribute("value"),
            clipping=self.find(".wa-reach-clip").is_checked(),
            limit=float(self.find(".wa-reach-clipping .wa-number").get_attribute("data-value")),
        )

    def agrees(self) -> Reach:
        """Compare what the page says of the gradient and of its companion to Python's."""
        widget = self.state()
        matches(self, "gradient", widget.log_norms)
        if self.shows("clipped"):
            shift = math.log10(widget.clip_factor)
            matches(self, "clipped", [log + shift for log in widget.log_norms])
        if widget.direct_norms and self.shows("beside"):
            direct = step_factors(widget.cell, widget.weight, 0, widget.forget_bias, widget.lag)[1]
            matches(self, "beside", log_norms(direct))
        return widget

    def refuses(self, says: str, before: Reach) -> None:
        """A message stands there, and everything else is as it was."""
        expect(self.find(".wa-message")).to_contain_text(says)
        assert repr(self.agrees()) == repr(before)


def matches(figure: Figure, line: str, logs: list[float]) -> None:
    """The table's row of a line holds these numbers: of a step, at the end, and where it is under 10⁻³."""
    assert figure.shows(line)
    assert figure.number(line, "left") == pytest.approx(logs[-1], **CLOSE)
    mean = 10 ** ((logs[-1] - logs[0]) / (len(logs) - 1))
    assert figure.number(line, "mean") == pytest.approx(mean, rel=1e-5)
    assert same_reach(figure.number(line, "under"), logs)


@pytest.fixture
def figure(open_widgets):
    page = open_widgets(Reach())
    yield Figure(page, page.locator(".wa-reach"))
    assert page.console_problems == []


@on_pages
@given(st.lists(STATES, min_size=12, max_size=12))
def test_the_page_shows_python_s_numbers_for_any_state(open_widgets, drawn):
    page = open_widgets(*[Reach(**state) for state in drawn])
    for i, state in enumerate(drawn):
        figure = Figure(page, page.locator(".wa-reach").nth(i))
        widget = Reach(**state)
        assert repr(figure.agrees()) == repr(widget)
        assert figure.shows("clipped") == (widget.clipping and widget.clip_factor < 1)
        assert figure.shows("kept") == (widget.kept is not None)
        if widget.kept:
            matches(figure, "kept", log_norms(step_factors(**widget.kept, lag=widget.lag)[0]))
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.console_problems == []
    page.close()


@on_pages
@given(st.lists(STATES, min_size=12, max_size=12))
def test_at_320_pixels_nothing_is_wider_than_the_page(open_widgets, drawn):
    page = open_widgets(*[Reach(**state) for state in drawn], viewport={"width": 320, "height": 800})
    page.wait_for_timeout(100)  # until what watches the figures' sizes has been called
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    rights = "(all) => all.map((one) => one.getBoundingClientRect().right)"
    assert max(page.locator(".wa-reach :visible").evaluate_all(rights)) <= 320.5
    page.close()


@pytest.mark.parametrize("state", [{}, {"cell": "lstm"}, {"cell": "gru", "lag": 200}, {"weight": 4.0}])
def test_lines_are_drawn_where_the_numbers_are(open_widgets, state):
    page = open_widgets(Reach(**state, kept=KEPT))
    figure, widget = Figure(page, page.locator(".wa-reach")), Reach(**state)
    kept = log_norms(step_factors(**KEPT, lag=widget.lag)[0])
    for line, logs in (("gradient", widget.log_norms), ("kept", kept)):
        points = figure.points(line)
        assert [x for x, _ in points] == pytest.approx([k / widget.lag for k in range(len(logs))], abs=1e-4)
        down = [(TOP - max(log, OUTSIDE)) / (TOP - BOTTOM) for log in logs]
        assert [y for _, y in points] == pytest.approx(down, abs=1e-3)
    ring = figure.find(".wa-reach-ring-gradient").evaluate("(one) => parseFloat(one.style.left)")
    assert ring == pytest.approx(100 * widget.reach / widget.lag)
    assert f"under 10⁻³ after {widget.reach} step" in figure.find(".wa-reach-crossing").inner_text()


def test_names_at_the_right_stand_clear_of_each_other(open_widgets):
    page = open_widgets(Reach(cell="lstm", forget_bias=3.5, weight=0.2, clipping=True, limit=2.0, kept=KEPT))
    boxes = page.locator(".wa-reach-label:visible").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map((box) => [box.top, box.bottom])"
    )
    boxes.sort()
    assert len(boxes) == 5
    assert all(upper[1] <= lower[0] for upper, lower in pairwise(boxes))


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_is_one_click_away_and_leaves_what_was_kept(figure, name):
    figure.find(".wa-reach-keep").click()
    figure.find(f"[data-preset={name}]").click()
    assert repr(figure.agrees()) == repr(Reach.preset(name))
    assert figure.find(f"[data-preset={name}]").get_attribute("aria-current") == "true"
    assert figure.find("[aria-current]").count() == 1
    matches(figure, "kept", Reach().log_norms)


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("weight", ["ArrowRight"] * 3 + ["ArrowLeft"], 0.92),
        ("weight", ["Home"], 0),
        ("weight", ["End"], 2),
        ("drive", ["ArrowLeft"] * 2, 0.4),
        ("lag", ["End"], 200),
        ("lag", ["Home"], 1),
        ("lag", ["PageUp"], 120),
    ],
)
def test_keys_move_a_slider(figure, name, keys, value):
    figure.slider(name).focus()
    for key in keys:
        figure.page.keyboard.press(key)
    assert getattr(figure.agrees(), name) == pytest.approx(value, abs=1e-9)


def test_arrow_keys_choose_the_cell_and_what_it_lacks_is_out_of_use(figure):
    figure.find("input[type=radio]:checked").focus()
    figure.page.keyboard.press("ArrowLeft")
    assert figure.agrees().cell == "linear"
    expect(figure.slider("drive")).to_be_disabled()
    expect(figure.slider("forget_bias")).to_be_disabled()
    for _ in range(3):
        figure.page.keyboard.press("ArrowRight")
    assert figure.agrees().cell == "lstm"
    expect(figure.slider("drive")).to_be_enabled()
    expect(figure.slider("forget_bias")).to_be_enabled()
    figure.page.keyboard.press("ArrowRight")
    assert figure.agrees().cell == "gru"
    expect(figure.find(".wa-reach-control-forget_bias label")).to_contain_text("update gate")


def test_the_pointer_drags_a_slider_and_the_range_stays_while_it_does(figure):
    figure.field("weight").fill("4")
    assert figure.slider("weight").get_attribute("max") == "5"
    slider = figure.slider("weight")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle, inner = box["y"] + box["height"] / 2, box["width"] - 20
    figure.page.mouse.move(box["x"] + 10 + inner * 0.8, middle)
    figure.page.mouse.down()
    figure.page.mouse.move(box["x"] + 10 + inner * 0.2, middle, steps=6)
    assert slider.get_attribute("max") == "5"
    assert figure.agrees().weight == pytest.approx(1, abs=0.1)
    figure.page.mouse.up()
    assert slider.get_attribute("max") == "2"
    assert figure.agrees().weight == pytest.approx(1, abs=0.1)


def test_a_tap_chooses_a_cell_and_a_preset(open_widgets):
    page = open_widgets(Reach(), has_touch=True, viewport={"width": 320, "height": 800})
    figure = Figure(page, page.locator(".wa-reach"))
    figure.find(".wa-reach-cell").nth(4).tap()
    assert figure.agrees().cell == "gru"
    figure.find("[data-preset=exploding]").tap()
    assert figure.agrees().cell == "linear"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("weight", "1.25", 1.25), ("weight", "5", 5), ("drive", "0", 0), ("lag", "7", 7), ("lag", "2e2", 200)],
)
def test_a_typed_number_acts(figure, name, text, value):
    figure.field(name).fill(text)
    assert getattr(figure.agrees(), name) == value
    assert float(figure.slider(name).input_value()) == pytest.approx(value, abs=1e-9)


def test_the_bias_takes_a_logarithm_typed_or_by_its_button(figure):
    figure.find("[data-preset=lstm-one]").click()
    figure.field("forget_bias").fill("ln 50")
    assert figure.agrees().forget_bias == math.log(50)
    figure.field("lag").fill("60")
    figure.find(".wa-reach-logarithm").click()
    widget = figure.agrees()
    assert widget.forget_bias == math.log(60)
    assert 10 ** figure.number("beside", "left") == pytest.approx((61 / 60) ** -60)
    expect(figure.find(".wa-finding")).to_contain_text("σ(ln 60)")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("weight", "", "Nothing was typed"),
        ("weight", "abc", "not a number"),
        ("weight", "NaN", "not a number"),
        ("weight", "<b>1</b>", "not a number"),
        ("weight", "-1", "from 0 to 5"),
        ("weight", "1e308", "from 0 to 5"),
        ("drive", "3.01", "from 0 to 3"),
        ("lag", "0", "whole number of steps from 1 to 200"),
        ("lag", "10.5", "whole number of steps"),
        ("lag", "201", "whole number of steps"),
    ],
)
def test_a_bad_number_is_refused_and_the_last_good_one_returns(figure, name, text, says):
    before = figure.agrees()
    field = figure.field(name)
    shown = field.input_value()
    field.fill(text)
    figure.refuses(says, before)
    field.press("Tab")
    expect(field).to_have_value(shown)
    field.fill(shown)
    expect(figure.find(".wa-message")).to_be_empty()


def test_a_bad_limit_is_refused(figure):
    before = figure.agrees()
    figure.find(".wa-reach-clipping .wa-number").fill("0")
    figure.refuses("from 0.01 to 1000", before)


def test_clipping_moves_the_line_and_keeps_its_slope(figure):
    figure.find("[data-preset=exploding]").click()
    figure.find(".wa-reach-clip").check()
    widget = figure.agrees()
    norm, factor = clipping(widget.log_norms, 5)
    assert norm > 1e4
    assert figure.number("clipped", "mean") == pytest.approx(1.1)
    gradient, clipped = figure.points("gradient"), figure.points("clipped")
    shift = -math.log10(factor) / (TOP - BOTTOM)
    moved = [lower[1] - upper[1] for upper, lower in zip(gradient, clipped, strict=True)]
    assert moved == pytest.approx([shift] * 101, abs=1e-3)
    expect(figure.find(".wa-finding")).to_contain_text("its slope stays")
    figure.find("[data-preset=vanishing]").click()
    figure.find(".wa-reach-clip").check()
    assert not figure.shows("clipped")
    expect(figure.find(".wa-finding")).to_contain_text("what has vanished stays vanished")
    figure.find(".wa-reach-clipping .wa-number").fill("0.5")
    assert figure.agrees().clip_factor < 0.5
    assert figure.shows("clipped")


def test_a_curve_is_kept_replaced_and_let_go(figure):
    assert not figure.shows("kept")
    figure.find(".wa-reach-keep").click()
    matches(figure, "kept", Reach().log_norms)
    figure.find("[data-preset=lstm-one]").click()
    matches(figure, "kept", Reach().log_norms)
    expect(figure.find("tr[data-line=kept] th")).to_contain_text("tanh, w = 0.9, x = 0.5")
    figure.find(".wa-reach-keep").click()
    matches(figure, "kept", Reach.preset("lstm-one").log_norms)
    figure.find(".wa-reach-drop").click()
    assert not figure.shows("kept")
    assert figure.find(".wa-reach-drop").is_hidden()
    assert figure.page.evaluate("document.activeElement.className").endswith("wa-reach-keep")


def test_nothing_that_is_zero_is_called_small(figure):
    figure.field("weight").fill("0")
    widget = figure.agrees()
    assert widget.log_norms[-1] == -math.inf
    assert figure.find("tr[data-line=gradient] data.wa-reach-left").inner_text() == "0"
    assert figure.number("gradient", "under") == 1
    expect(figure.find(".wa-finding")).to_contain_text("nothing of the gradient is left")
    figure.field("weight").fill("5")
    figure.field("drive").fill("3")
    figure.field("lag").fill("200")
    assert figure.agrees().norms[-1] == 0  # in float64, and yet it is not 0
    text = figure.find("tr[data-line=gradient] data.wa-reach-left").inner_text()
    assert text.replace("\u00a0", " ").startswith(("1", "2", "3", "4", "5", "6", "7", "8", "9"))
    assert "× 10⁻" in text.replace("\u00a0", " ")


def test_what_changed_is_told_once_it_has_come_to_rest(figure):
    figure.find("[data-preset=lstm-one]").click()
    expect(figure.find(".wa-live")).to_contain_text("2.5 × 10⁻¹⁴ is left on the direct path")
    figure.find(".wa-reach-keep").click()
    expect(figure.find(".wa-live")).to_have_text("The curve is kept to compare with.")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cell": "<img src=x onerror=alert(1)>"}, "do not fit"),
        ({"cell": "constructor"}, "do not fit"),
        ({"cell": "\u202etanh"}, "do not fit"),
        ({"cell": "😀" * 10_000}, "do not fit"),
        ({"weight": "NaN"}, "from 0 to 5"),
        ({"weight": [0.9]}, "from 0 to 5"),
        ({"weight": "0.9"}, "from 0 to 5"),
        ({"drive": -1}, "from 0 to 3"),
        ({"forget_bias": "-Infinity"}, "from −3 to 8"),
        ({"lag": 1e308}, "whole number"),
        ({"lag": 2.5}, "whole number"),
        ({"clipping": "yes"}, "do not fit"),
        ({"limit": None}, "from 0.01 to 1000"),
        ({"kept": [1]}, "do not fit"),
        ({"kept": KEPT | {"name": "<b>x</b>"}}, "do not fit"),
        ({"kept": KEPT | {"weight": 1e9}}, "from 0 to 5"),
        ({"kept": KEPT | {"cell": '"><b>'}}, "do not fit"),
    ],
)
def test_a_hostile_stored_state_is_told_and_does_not_stop_the_figure(open_widgets, change, says):
    page = open_widgets(Reach(), change=change)
    figure = Figure(page, page.locator(".wa-reach"))
    expect(figure.find(".wa-message")).to_contain_text(says)
    assert repr(figure.agrees()) == repr(Reach())
    figure.find("[data-preset=exploding]").click()
    assert figure.agrees().weight == 1.1
    expect(figure.find(".wa-message")).to_be_empty()
    assert page.console_problems == []


def test_a_stored_state_is_restored(open_widgets):
    state = {"cell": "gru", "weight": 1.5, "forget_bias": 4.0, "lag": 37, "clipping": True, "limit": 0.25}
    page = open_widgets(Reach(), change=state | {"kept": KEPT})
    figure = Figure(page, page.locator(".wa-reach"))
    assert repr(figure.agrees()) == repr(Reach(**state))
    matches(figure, "kept", log_norms(step_factors(**KEPT, lag=37)[0]))


def test_the_model_hears_of_the_reader_and_the_reader_of_the_model(open_widgets):
    page = open_widgets(Reach())
    hold(page, Reach())
    figure = Figure(page, page.locator(".wa-reach"))
    figure.find("[data-preset=lstm-log]").click()
    figure.field("lag").fill("50")
    figure.find(".wa-reach-keep").click()
    told = page.evaluate("held.state")
    kept = told.pop("kept")
    assert kept == {"cell": "lstm", "weight": 0.9, "drive": 0.5, "forget_bias": math.log(100)}
    assert told | {"kept": None} == DEFAULTS | PRESETS["lstm-log"] | {"lag": 50}
    assert page.evaluate("held.saved") >= 3
    assert Reach(**told, kept=kept).lag == 50
    page.evaluate("held.change({ cell: 'logistic', weight: 3, kept: null })")
    page.wait_for_timeout(50)
    assert repr(figure.agrees()) == repr(Reach(cell="logistic", weight=3, forget_bias=math.log(100), lag=50))
    assert not figure.shows("kept")
    page.evaluate("held.set('weight', 'heavy')")
    expect(figure.find(".wa-message")).to_contain_text("from 0 to 5")
    assert figure.agrees().weight == 3
    assert page.console_problems == []
