"""GatedCell in a page without a kernel: every way to change it works, by key, pointer, finger and number."""

import math

import pytest
from playwright.sync_api import expect

from tests.widgets.cell_reading import agrees
from whyattention.widgets import GatedCell
from whyattention.widgets.cell import GATES, PRESETS


@pytest.fixture
def figure(open_widgets):
    """The remembering LSTM on a page; nothing may appear on the console."""
    page = open_widgets(GatedCell.preset("remember"), viewport={"width": 1000, "height": 1100})
    yield page.locator(".wa-cell")
    assert page.console_problems == []


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("lstm", "remember", "c₁₂ still holds 0.996 of c₁"),
        ("lstm", "forget", "f₂ ⋯ f₁₂ ≈ 0.032 in c₁₂"),
        ("lstm", "reset", "Step 6: the forget gate shuts"),
        ("lstm", "count", "c₁₂ ≈ 7.998"),
        ("gru", "remember", "h₁₂ still holds 0.99"),
        ("gru", "forget", "u₂ ⋯ u₁₂ ≈ 0.032 in h₁₂"),
        ("gru", "reset", "no longer sees the past (n₆ ≈ 0.000), but the state stays (h₆ ≈ 0.964)"),
        ("gru", "count", "none brings it beyond"),
    ],
)
def test_a_button_loads_an_example_and_the_finding_says_what_it_shows(figure, kind, name, says):
    figure.locator(f".wa-cell-kinds input[value={kind}]").check()
    figure.locator(f"[data-preset={name}]").click()
    cell = agrees(figure)
    assert (cell.kind, cell.inputs, cell.weights) == (kind, PRESETS[name]["inputs"], PRESETS[name][kind])
    assert says in figure.locator(".wa-finding").inner_text().replace("\u00a0", " ")


def test_the_other_kind_takes_the_same_example_and_each_keeps_what_was_done_to_it(figure):
    figure.locator("[data-preset=count]").click()
    figure.locator(".wa-cell-kinds input[value=lstm]").focus()
    figure.page.keyboard.press("ArrowRight")
    assert agrees(figure).weights == PRESETS["count"]["gru"]
    bias = figure.locator(".wa-cell-bias:visible .wa-cell-field")
    bias.fill("4")
    figure.locator(".wa-cell-kinds input[value=lstm]").check()
    assert agrees(figure).weights == PRESETS["count"]["lstm"]
    figure.locator(".wa-cell-kinds input[value=gru]").check()
    assert agrees(figure).weights["u"][2] == 4


def test_keys_walk_through_the_steps(figure):
    scrub = figure.locator(".wa-cell-scrub")
    scrub.focus()
    for key, step in [("ArrowRight", 8), ("ArrowLeft", 7), ("Home", 1), ("End", 12)]:
        figure.page.keyboard.press(key)
        assert agrees(figure).step == step
    figure.locator(".wa-cell-back").click()
    assert agrees(figure).step == 11
    figure.locator(".wa-cell-on").press("Enter")
    figure.locator(".wa-cell-on").press("Enter")
    assert agrees(figure).step == 12
    expect(figure.locator(".wa-live")).to_contain_text("Step 12: x −0.400, i 0.000")


def column(figure, name: str, step: int) -> tuple[float, float, float]:
    """The middle of a column of a row, and half of the row's height."""
    plot = figure.locator(f".wa-cell-plot[data-of={name}] svg")
    plot.scroll_into_view_if_needed()
    box, length = plot.bounding_box(), len(agrees(figure).inputs)
    return box["x"] + box["width"] * (step - 0.5) / length, box["y"] + box["height"] / 2, box["height"] / 2


def test_a_pointer_selects_a_step_in_any_row_and_moves_on_sideways(figure):
    mouse = figure.page.mouse
    for name, step in [("f", 3), ("c", 11), ("x", 5), ("derivative", 1)]:
        x, y, _ = column(figure, name, step)
        mouse.click(x, y)
        assert agrees(figure).step == step
    x, y, _ = column(figure, "c", 4)
    mouse.move(x, y)
    mouse.down()
    mouse.move(column(figure, "c", 9)[0], y + 40, steps=6)
    mouse.up()
    assert agrees(figure).step == 9
    mouse.move(x, y)
    assert agrees(figure).step == 9
    assert agrees(figure).inputs == PRESETS["remember"]["inputs"]


@pytest.mark.parametrize(("part", "number"), [(1.0, 1.0), (0.5, 0.5), (-0.3, -0.3), (-3.0, -1.0), (0.0, 0.0)])
def test_a_bar_of_the_input_is_dragged(figure, part, number):
    x, y, half = column(figure, "x", 4)
    figure.page.mouse.move(x, y + half * 0.9)
    figure.page.mouse.down()
    figure.page.mouse.move(x + 30, y - half * part, steps=5)
    figure.page.mouse.up()
    cell = agrees(figure)
    assert cell.step == 4
    assert cell.inputs == [*PRESETS["remember"]["inputs"][:3], number, *PRESETS["remember"]["inputs"][4:]]


def test_a_finger_drags_a_bar_too(open_widgets):
    page = open_widgets(GatedCell.preset("remember"), viewport={"width": 320, "height": 900}, has_touch=True)
    figure = page.locator(".wa-cell")
    x, y, half = column(figure, "x", 2)
    touch = page.context.new_cdp_session(page)
    points = [
        ("touchStart", y),
        ("touchMove", y - 0.4 * half),
        ("touchMove", y - 0.8 * half),
        ("touchEnd", None),
    ]
    for kind, at in points:
        where = [] if at is None else [{"x": x, "y": at}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
    assert agrees(figure).inputs[1] == 0.8


def test_inputs_are_typed_one_after_another(figure):
    figure.locator(".wa-cell-scrub").press("Home")
    field = figure.locator(".wa-cell-input")
    field.focus()
    field.select_text()
    for text in ("0.25", "-1", "1"):
        figure.page.keyboard.type(text)
        figure.page.keyboard.press("Enter")
    cell = agrees(figure)
    assert (cell.inputs[:3], cell.step) == ([0.25, -1, 1], 4)
    field.press("ArrowUp")
    assert agrees(figure).inputs[3] == pytest.approx(-0.4, abs=1e-12)
    field.press("ArrowDown")
    field.press("ArrowDown")
    assert agrees(figure).inputs[3] == pytest.approx(-0.6, abs=1e-12)


def test_steps_come_and_go(figure):
    figure.locator(".wa-cell-longer").click()
    expect(figure.locator(".wa-message")).to_contain_text("room for 12 steps")
    for left in range(11, 0, -1):
        figure.locator(".wa-cell-shorter").click()
        cell = agrees(figure)
        assert (len(cell.inputs), cell.step) == (left, min(7, left))
    figure.locator(".wa-cell-shorter").click()
    expect(figure.locator(".wa-message")).to_contain_text("The last step stays")
    expect(figure.locator(".wa-finding")).to_contain_text("no past")
    figure.locator(".wa-cell-longer").click()
    assert (agrees(figure).inputs, agrees(figure).step) == ([1, 0], 2)
    expect(figure.locator(".wa-message")).to_have_text("")


def test_the_forget_bias_sets_how_long_state_and_derivative_live(figure):
    figure.locator("[data-preset=forget]").click()
    field = figure.locator(".wa-cell-bias:visible .wa-cell-field")
    for text, bias in [("0", 0), ("2", 2), ("ln 11", math.log(11)), ("-3", -3)]:
        field.fill(text)
        gate = 1 / (1 + math.exp(-bias))
        cell = agrees(figure)
        assert cell.direct_derivative == pytest.approx(gate**11, rel=1e-9)
        left = float(figure.locator(".wa-cell-bias:visible .wa-cell-left").get_attribute("value"))
        assert left == pytest.approx(gate**11, rel=1e-9)
    slider = figure.locator(".wa-cell-bias:visible .wa-slider")
    slider.press("Home")
    assert agrees(figure).weights["f"][2] == -12
    slider.press("ArrowRight")
    assert agrees(figure).weights["f"][2] == pytest.approx(-11.9)
    field.fill("20")
    assert agrees(figure).weights["f"][2] == 20


@pytest.mark.parametrize("kind", list(GATES))
def test_every_weight_has_a_slider_and_a_field(figure, kind):
    figure.locator(f".wa-cell-kinds input[value={kind}]").check()
    expected = {gate: [0.0] * count for gate, count in GATES[kind].items()}
    number = 0.5
    for gate, count in GATES[kind].items():
        figure.locator(f"details[data-gate={gate}] summary").click()
        for k in range(count):
            part = figure.locator(f"[data-gate={gate}]:visible")
            field = part.locator(f".wa-cell-field[data-weight='{k}']")
            field.fill(str(number))
            field.press("ArrowUp")
            stepped = number + (
                0.1 if part.locator(f".wa-slider[data-weight='{k}']").get_attribute("step") == "0.1" else 0.5
            )
            assert agrees(figure).weights[gate][k] == pytest.approx(stepped)
            slider = part.locator(f".wa-slider[data-weight='{k}']")
            slider.press("ArrowLeft")
            slider.press("ArrowLeft")
            expected[gate][k] = agrees(figure).weights[gate][k]
            assert expected[gate][k] < stepped
            number += 0.5
    assert agrees(figure).weights == expected
    figure.locator("details[data-gate] summary:visible").first.click()
    assert figure.locator(".wa-preset[aria-current=true]").count() == 0


@pytest.mark.parametrize(
    ("selector", "text", "says"),
    [
        (".wa-cell-input", "", "Nothing was typed"),
        (".wa-cell-input", "abc", "not a number"),
        (".wa-cell-input", "NaN", "not a number"),
        (".wa-cell-input", "1.01", "Inputs go from -1 to 1"),
        (".wa-cell-input", "-1e308", "Inputs go from -1 to 1"),
        (".wa-cell-input", "<b>1</b>", "not a number"),
        (".wa-cell-input", "\u202e1", "not a number"),
        (".wa-cell-input", "7" * 10_000, "Inputs go from -1 to 1"),
        (".wa-cell-bias:visible .wa-cell-field", "20.5", "biases go from -20 to 20"),
        (".wa-cell-bias:visible .wa-cell-field", "Infinity", "not a number"),
        (".wa-cell-bias:visible .wa-cell-field", "1e999", "biases go from -20 to 20"),
        (".wa-cell-bias:visible .wa-cell-field", "one", "not a number"),
    ],
)
def test_a_bad_number_is_refused_and_the_last_good_one_returns(figure, selector, text, says):
    before = agrees(figure)
    field = figure.locator(selector)
    good = field.input_value()
    field.fill(text)
    expect(figure.locator(".wa-message")).to_contain_text(says)
    after = agrees(figure)
    assert (after.inputs, after.weights) == (before.inputs, before.weights)
    field.press("Tab")
    expect(field).to_have_value(good)
    assert figure.page.locator("main b").count() == 0


@pytest.mark.parametrize("kind", list(GATES))
@pytest.mark.parametrize("width", [288, 540, 760, 1280])  # 288: what the book's margins leave of 320
def test_nothing_is_wider_than_the_page_and_targets_are_large_enough(open_widgets, kind, width):
    weights = {gate: [-19.75] * count for gate, count in GATES[kind].items()}
    cell = GatedCell(kind, [-0.1234] * 12, weights, 12)
    page = open_widgets(cell, viewport={"width": width, "height": 900})
    page.locator("details:visible").evaluate_all("(all) => all.forEach((one) => (one.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.locator(".wa :is(input, button, summary):visible").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map(({ width, height }) => [width, height])"
    )
    assert min(min(size) for size in sizes) >= 24
    wide = page.locator(".wa-cell-plot[data-of=h]").bounding_box()["width"] / 12
    assert wide >= 24


LAST_ROW = """(one) => {
  const left = (node) => node.getBoundingClientRect().left;
  return [one.getBoundingClientRect().height, left(one.querySelector(".wa-cell-now")) - left(one.parentNode)];
}"""


def test_numbers_of_the_last_row_stay_on_one_line_and_in_their_column(open_widgets):
    weights = PRESETS["forget"]["lstm"] | {"f": [0.0, 0.0, -5.0]}
    cells = [GatedCell(inputs=PRESETS["forget"]["inputs"], weights=weights, step=step) for step in (1, 7)]
    for width in (288, 1280):
        page = open_widgets(*cells, viewport={"width": width, "height": 900})
        for number in page.locator(".wa-cell-two").all():
            assert "× 10" in number.inner_text()
            height, room = number.evaluate(LAST_ROW)
            assert (height < 30, room >= 13) == (True, True)  # 13: the mark before the number


def test_drawings_are_hardly_stretched(figure):
    """Chromium smears the bars of a drawing whose units are very unlike pixels."""
    shapes = """(all) => all.map((one) => {
      const [box, view] = [one.getBoundingClientRect(), one.viewBox.baseVal];
      return [box.width / view.width, box.height / view.height];
    })"""
    for count in (12, 1):
        while len(agrees(figure).inputs) > count:
            figure.locator(".wa-cell-shorter").click()
        for across, down in figure.locator(".wa-cell-svg:visible").evaluate_all(shapes):
            assert 0.1 < across < 3
            assert 0.1 < down < 3


def test_a_number_that_is_not_one_does_not_read_as_one(figure):
    """And "=" stands only between what is equal as written."""
    for _ in range(10):
        figure.locator(".wa-cell-shorter").click()
    first = figure.locator(".wa-cell-first")
    expect(first).to_have_text("∂c₂/∂c₁ = f₂ ≈ 0.9997 on the direct path; on all paths 0.9997.")
    bias = figure.locator(".wa-cell-bias:visible .wa-cell-field")
    note = figure.locator(".wa-cell-bias:visible .wa-cell-note")
    bias.fill("0")
    expect(first).to_contain_text("= f₂ = 0.500 on the direct path")
    expect(note).to_contain_text("= 0.5 a step")
    figure.locator("[data-preset=count]").click()
    expect(first).to_contain_text("= f₂ ⋯ f₁₂ ≈ 0.99995¹¹ ≈ 0.9995 on the direct path")
    expect(note).to_contain_text("≈ 0.99995 a step, and over 11 steps 0.9995")


def test_the_thumb_stands_above_its_column(figure):
    for step in (1, 6, 12):
        figure.locator(".wa-cell-scrub").evaluate(
            "(one, step) => { one.value = step; one.dispatchEvent(new Event('input', { bubbles: true })); }",
            step,
        )
        box = figure.locator(".wa-cell-scrub").bounding_box()
        thumb = box["x"] + 10 + (box["width"] - 20) * (step - 1) / 11
        assert thumb == pytest.approx(column(figure, "x", step)[0], abs=1)
