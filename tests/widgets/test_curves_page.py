"""Curves in the browser: Python's numbers at the ruler, and everything that a reader can do."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from tests.widgets.curves_drawn import figures
from tests.widgets.held import hold
from whyattention.widgets import Curves

TOGETHER = 30  # figures on one page: quicker than a page for each
READ = """
(host) => ({
  place: host.querySelector(".wa-curves-place").textContent,
  rows: [...host.querySelectorAll(".wa-curves-table tbody tr:not([hidden])")].map((row) => ({
    label: row.querySelector(".wa-curves-label").textContent,
    ...Object.fromEntries(["mean", "low", "high", "tokens", "bits", "reach"].map((name) => {
      const data = row.querySelector(`data.wa-curves-${name}`);
      const shown = !data.closest("td").hidden;
      return [name, shown && data.getAttribute("value") !== "" ? Number(data.getAttribute("value")) : null];
    })),
  })),
  lines: [...host.querySelectorAll(".wa-curves-plot g[data-label]:not([display=none])")]
    .map((line) => line.dataset.label),
})
"""
# Of all words at the lines' ends, and of all values at the ruler, the boxes.
BOXES = """
(root, selector) => [...root.querySelectorAll(selector)]
  .filter((text) => text.textContent && !text.closest("[display=none]"))
  .map((text) => text.getBoundingClientRect())
  .map(({ left, right, top, bottom }) => [left, right, top, bottom])
"""


def agrees(shown: dict, figure: Curves) -> None:
    """Compare every number of the page to Python's."""
    ours = figure.readings()
    assert [row["label"].replace("\u00a0=\u00a0", " = ") for row in shown["rows"]] == [
        row["label"].replace("\u00a0=\u00a0", " = ") for row in ours
    ]
    assert shown["lines"] == [one["label"] for one in figure.visible]
    for row, mine in zip(shown["rows"], ours, strict=True):
        for name in ("mean", "low", "high", "tokens", "bits", "reach"):
            if mine.get(name) is None:
                assert row[name] is None
            else:
                assert row[name] == pytest.approx(mine[name], rel=1e-12, abs=1e-9)


def read(page) -> dict:
    return page.locator(".wa-host").first.evaluate(READ)


def overlaps(boxes: list[list[float]]) -> list[tuple]:
    slack = 1.5  # px; a box is taller than its letters
    return [
        (a, b)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if min(a[1], b[1]) - max(a[0], b[0]) > slack and min(a[3], b[3]) - max(a[2], b[2]) > slack
    ]


def test_the_page_shows_pythons_numbers_of_drawn_figures(open_widgets):
    drawn: list[Curves] = []

    @settings(max_examples=TOGETHER, database=None, phases=[Phase.generate])
    @given(figures())
    def draw(figure):
        drawn.append(figure)

    draw()
    page = open_widgets(*drawn)
    for host, figure in zip(page.locator(".wa-host").all(), drawn, strict=True):
        agrees(host.evaluate(READ), figure)
        assert host.locator(".wa-message").inner_text() == ""
    assert page.console_problems == []


ACT = """
([i, widths, count]) => {
  const boxes = [...document.querySelectorAll("input[type=checkbox]")];
  const box = (width) => boxes.find((one) => one.parentElement.innerText === String(width));
  const set = (one, on) => {
    if (one.checked === on) return;
    one.checked = on;
    one.dispatchEvent(new Event("change", { bubbles: true }));
  };
  for (const width of widths) set(box(width), true); // first, since one must stay
  for (const width of [16, 32, 64, 128]) set(box(width), widths.includes(width));
  set(document.querySelectorAll("input[type=radio]")[count ? 3 : 2], true);
  const slider = document.querySelector("input[type=range]");
  slider.value = i;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
"""


def test_whatever_a_reader_sets_the_page_agrees_with_python(open_widgets):
    figure = Curves.of("length_curve")
    page = open_widgets(figure)

    @settings(max_examples=60)
    @given(
        st.integers(0, 13),
        st.lists(st.sampled_from([16, 32, 64, 128]), min_size=1, unique=True),
        st.booleans(),
    )
    def act(i, widths, count):
        page.evaluate(ACT, [i, widths, count])
        figure.at, figure.shown, figure.count = figure.charts[0]["x"][i], {"hidden size": widths}, count
        agrees(read(page), figure)

    act()
    assert page.console_problems == []


def test_arrow_keys_move_the_ruler(open_widgets):
    figure = Curves.of("length_curve")
    page = open_widgets(figure)
    page.locator(".wa-slider").focus()
    page.keyboard.press("ArrowLeft")
    figure.at = 18
    agrees(read(page), figure)
    expect(page.locator(".wa-curves-place")).to_have_text("At 18\u00a0symbols, 72 bits needed")
    assert page.locator(".wa-slider").get_attribute("aria-valuetext") == "18\u00a0symbols"
    page.keyboard.press("End")
    figure.at = 30
    agrees(read(page), figure)
    expect(page.locator(".wa-curves-place")).to_contain_text("longer than any trained")
    expect(page.locator(".wa-live")).to_contain_text("H = 128 0.57")


def over_plot(page, part: float) -> tuple[float, float]:
    """A point of the plot, from 0 at the first measured x to 1 at the last one."""
    ends = page.locator(".wa-curves-plot").evaluate(
        """(svg) => {
          const box = svg.getBoundingClientRect();
          const line = svg.querySelector(".wa-curves-line").getBoundingClientRect();
          return [line.left, line.right, box.top + box.height / 2];
        }"""
    )
    return ends[0] + part * (ends[1] - ends[0]), ends[2]


def test_the_pointer_moves_the_ruler_to_the_nearest_measured_length(open_widgets):
    figure = Curves.of("length_curve")
    page = open_widgets(figure)
    for part, x in ((0.0, 1), (9.4 / 29, 10), (1.0, 30)):
        page.mouse.move(*over_plot(page, part))
        figure.at = x
        agrees(read(page), figure)


def test_a_tap_moves_the_ruler(open_widgets):
    figure = Curves.of("length_curve")
    page = open_widgets(figure, has_touch=True)
    page.touchscreen.tap(*over_plot(page, 5.0 / 29))
    figure.at = 6
    agrees(read(page), figure)


def test_checkboxes_and_radio_buttons_choose_curves(open_widgets):
    figure = Curves.of("delayed_copy", seeds=True)
    page = open_widgets(figure)
    page.get_by_label("with", exact=True).uncheck()
    figure.shown = {"attention": ["without"]}
    agrees(read(page), figure)
    page.get_by_label("100").check()
    figure.shown = {"attention": ["without"], "distractors D": [100]}
    agrees(read(page), figure)
    page.get_by_label("RNN", exact=True).uncheck()
    figure.shown = figure.shown | {"cell": ["LSTM", "GRU"]}
    agrees(read(page), figure)
    assert page.console_problems == []


def test_the_last_value_of_a_setting_stays(open_widgets):
    figure = Curves.of("delayed_copy", shown={"cell": ["GRU"]})
    page = open_widgets(figure)
    page.get_by_label("GRU").click()
    expect(page.locator(".wa-message")).to_contain_text("At least one value of “cell”")
    assert page.get_by_label("GRU").is_checked()
    agrees(read(page), figure)
    page.get_by_label("LSTM").check()
    assert page.locator(".wa-message").inner_text() == ""


def test_settings_that_no_curve_has_are_told(open_widgets):
    page = open_widgets(Curves.of("delayed_copy", shown={"cell": ["GRU"]}))
    page.get_by_label("without").uncheck()
    expect(page.locator(".wa-finding")).to_have_text("No curve was measured with these settings.")
    assert read(page)["rows"] == read(page)["lines"] == []
    page.get_by_label("without").check()
    assert len(read(page)["rows"]) == 1
    assert page.console_problems == []


def test_another_chart_has_its_own_ruler_and_controls(open_widgets):
    figure = Curves.of("length_curve", at=4)
    page = open_widgets(figure)
    page.get_by_label("translation").check()
    figure.chart, figure.at = 1, None
    agrees(read(page), figure)
    assert page.evaluate("document.activeElement.parentElement.innerText") == "translation"
    expect(page.locator(".wa-curves-place")).to_have_text("At 12\u00a0words")
    assert page.locator(".wa-curves-col-bits:visible").count() == 0


def test_counted_tokens_are_drawn_where_python_puts_them(open_widgets):
    """The lines' points, read back from the drawing, are tokens right: accuracy times length."""
    figure = Curves.of("length_curve", count=True)
    page = open_widgets(figure)
    points = page.evaluate(
        """() => [...document.querySelectorAll(".wa-curves-plot .wa-curves-line")].map((line) =>
          line.getAttribute("d").slice(1).split("L").map((pair) => pair.split(" ").map(Number)))"""
    )
    chart = figure.charts[0]
    first, last = points[0][0][0], points[0][-1][0]
    whole = page.locator(".wa-curves-whole").get_attribute("d").split("L")[-1].split(" ")
    top = float(whole[1])  # of 30 tokens
    bottom = 30 * (points[0][0][1] - top) / 29 + top  # one token of one came back in all
    for line, one in zip(points, figure.visible, strict=True):
        for (x, y), at, values in zip(line, chart["x"], zip(*one["values"], strict=True), strict=True):
            assert x == pytest.approx(first + (last - first) * (at - 1) / 29, abs=0.11)
            right = at * sum(values) / len(values)
            assert 30 * (bottom - y) / (bottom - top) == pytest.approx(right, abs=0.04)


def test_bars_of_bits_are_as_long_as_their_numbers(open_widgets):
    figure = Curves.of("length_curve")
    page = open_widgets(figure)
    widths = page.locator(".wa-curves-table tbody tr").evaluate_all(
        """(rows) => rows.map((row) => ["needed", "counted", "least"].map((name) =>
          row.querySelector(`.wa-curves-bar.wa-curves-${name}`).getBoundingClientRect().width
            / row.querySelector(".wa-curves-bars").getBoundingClientRect().width))"""
    )
    for (needed, counted, least), row in zip(widths, figure.readings(), strict=True):
        assert needed == pytest.approx(row["needed"] / 120, abs=0.01)
        assert counted == pytest.approx(4 * row["tokens"] / 120, abs=0.01)
        assert least == pytest.approx(row["bits"] / 120, abs=0.01)


def test_each_seed_can_be_seen(open_widgets):
    page = open_widgets(Curves.of("length_curve"))
    seeds = "(all) => all.map((one) => one.getAttribute('d').length)"
    assert max(page.locator(".wa-curves-seed").evaluate_all(seeds)) == 0
    page.get_by_label("each seed").check()
    assert min(page.locator(".wa-curves-seed").evaluate_all(seeds)) > 100


@pytest.mark.parametrize("width", [320, 700, 1280])
@pytest.mark.parametrize("name", ["length_curve", "translation_length", "delayed_copy", "ablations"])
def test_names_and_values_do_not_collide_and_nothing_is_wider_than_the_page(open_widgets, name, width):
    page = open_widgets(Curves.of(name), viewport={"width": width, "height": 900})
    root = page.locator(".wa").element_handle()
    for end in ("Home", "End"):
        page.locator(".wa-slider").focus()
        page.keyboard.press(end)
        assert (
            overlaps(
                page.evaluate(f"([root]) => ({BOXES})(root, '.wa-curves-end, .wa-curves-value')", [root])
            )
            == []
        )
        names = page.evaluate(
            f"([root]) => ({BOXES})(root, '.wa-curves-end, .wa-tick, .wa-curves-word')", [root]
        )
        assert max(box[1] for box in names) <= width + 0.5
        assert min(box[0] for box in names) >= -0.5
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_drawing_takes_the_room_there_is(open_widgets):
    page = open_widgets(Curves.of("length_curve"), viewport={"width": 1000, "height": 900})
    for width in (400, 760):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            "document.querySelector('.wa-curves-plot').getAttribute('width') =="
            "document.querySelector('.wa-curves-frame').clientWidth"
        )
    assert page.console_problems == []


@pytest.mark.parametrize(
    "label",
    ["<b>bold</b>", '"quoted"', "طالب مجتهد", "😀😀", "w" * 48, "<img src=x onerror=alert(1)>", "a&amp;b"],
)
@pytest.mark.parametrize("width", [320, 700])
def test_labels_are_text_whatever_they_hold(open_widgets, label, width):
    curves = [{"label": label, "settings": {label[:48]: 1}, "values": [[0.1, 0.2]]}]
    curves.append({"label": "other", "settings": {label[:48]: 2}, "values": [[0.3, 0.4]]})
    figure = Curves([1, 2], curves, x_label=4 * label, y_label=4 * label, unit=label, note=label, threshold=0)
    page = open_widgets(figure, viewport={"width": width, "height": 900})
    agrees(read(page), figure)
    boxes = page.locator(".wa-curves").evaluate(BOXES, ".wa-curves-plot text")
    assert min(box[0] for box in boxes) >= -0.5
    assert max(box[1] for box in boxes) <= width + 0.5
    assert page.locator("main :is(b, img)").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.console_problems == []


CHART = {"name": "", "x": [1, 2], "curves": [], "x_label": "x", "y_label": "y"}
TWO = Curves([1, 2], [{"label": "a", "values": [[1, 2]]}]).charts[0]


@pytest.mark.parametrize(
    "change",
    [
        {"charts": [{}]},
        {"charts": [CHART]},
        {"charts": [TWO, TWO]},
        {"charts": [{**TWO, "curves": [{**TWO["curves"][0], "values": [[1, "NaN"]]}]}]},
        {"charts": [{**TWO, "curves": [{**TWO["curves"][0], "look": ["red", "solid", "circle"]}]}]},
        {"charts": [{**TWO, "x": [1, None]}]},
        {"charts": [None]},
        {"charts": [{**Curves.of("length_curve").charts[0], "alphabet": "16"}]},
        {"charts": [{**Curves.of("length_curve").charts[0], "x": ["NaN"] * 14}]},
        {"charts": [{**Curves.of("length_curve").charts[0], "note": "\u202eevil"}]},
        {"charts": [{**Curves.of("length_curve").charts[0], "x_label": "x" * 10_000}]},
    ],
)
def test_stored_charts_that_do_not_fit_are_told(open_widgets, change):
    page = open_widgets(Curves.of("length_curve"), change=change)
    expect(page.locator(".wa-message")).to_contain_text("do not fit")
    assert page.locator(".wa-curves-plot").is_hidden()
    assert page.console_problems == []


@pytest.mark.parametrize(
    "change",
    [
        {"chart": 7},
        {"chart": 0.5},
        {"at": "NaN"},
        {"at": [1]},
        {"shown": {"hidden size": [17]}},
        {"shown": {"hidden size": []}},
        {"shown": {"__proto__x": [1]}},
        {"seeds": "yes"},
        {"count": None},
    ],
)
def test_a_stored_choice_that_does_not_fit_is_told_and_the_curves_are_shown(open_widgets, change):
    page = open_widgets(Curves.of("length_curve"), change=change)
    expect(page.locator(".wa-message")).to_contain_text("do not fit")
    agrees(read(page), Curves.of("length_curve"))
    page.locator(".wa-slider").press("ArrowRight")
    assert page.locator(".wa-message").inner_text() == ""
    agrees(read(page), Curves.of("length_curve", at=22))
    assert page.console_problems == []


def test_a_stored_choice_is_restored(open_widgets):
    figure = Curves.of(
        "delayed_copy", chart=1, at=100, shown={"symbols K": [20], "cell": ["RNN"]}, count=True
    )
    page = open_widgets(figure)
    agrees(read(page), figure)
    assert page.get_by_label("20").is_checked()
    assert page.get_by_label("number right").is_checked()
    assert not page.get_by_label("GRU").is_checked()


def test_what_python_changes_is_drawn_and_what_does_not_fit_is_not(open_widgets):
    """A model as Jupyter has it: values that come from the kernel while the figure is shown."""
    figure = Curves.of("length_curve")
    page = open_widgets(figure)
    hold(page, figure)
    page.evaluate("held.change({ chart: 1, shown: { 'hidden size': [16, 64] } })")
    figure.chart, figure.shown = 1, {"hidden size": [16, 64]}
    agrees(read(page), figure)
    page.evaluate("held.change({ chart: 9 })")
    expect(page.locator(".wa-message")).to_contain_text("do not fit")
    agrees(read(page), figure)
    page.evaluate("held.change({ chart: 0, at: 8 })")
    figure.chart, figure.at = 0, 8
    agrees(read(page), figure)
    assert page.locator(".wa-message").inner_text() == ""
    page.get_by_label("128").check()
    assert page.evaluate("held.state.shown") == {"hidden size": [16, 64, 128]}
    page.get_by_label("32").check()
    assert page.evaluate("held.state.shown") == {}
    assert page.console_problems == []
