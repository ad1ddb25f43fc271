"""Drawn figures of measured curves, for the tests of Curves."""

from hypothesis import strategies as st

from whyattention.widgets import Curves
from whyattention.widgets.curves_state import groups

SHARE = st.integers(0, 10_000).map(lambda n: n / 10_000)
LABEL = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20).filter(str.strip)
SETTINGS = {"cell": ["RNN", "LSTM", "GRU"], "hidden size": [16, 64, 2.5], "attention": [True, False]}


@st.composite
def figures(draw):
    """A figure of one chart: shares of right tokens with an alphabet, or any numbers without one."""
    points = draw(st.integers(2, 8))
    x = sorted(draw(st.lists(st.integers(1, 200), min_size=points, max_size=points, unique=True)))
    alphabet = draw(st.none() | st.integers(2, 1000))
    value = st.floats(-1000, 1000) if alphabet is None else SHARE
    names = draw(st.lists(st.sampled_from(list(SETTINGS)), unique=True))
    curves = []
    for _ in range(draw(st.integers(1, 6))):
        seeds = draw(st.integers(1, 4))
        row = st.lists(value, min_size=points, max_size=points)
        curves.append(
            {
                "label": draw(LABEL),
                "settings": {name: draw(st.sampled_from(SETTINGS[name])) for name in names},
                "values": draw(st.lists(row, min_size=seeds, max_size=seeds)),
            }
        )
    by_setting = alphabet is not None and draw(st.booleans())
    if by_setting:
        for curve in curves:
            curve["settings"]["K"] = draw(st.sampled_from([1, 5, 20]))
    figure = Curves(
        x,
        curves,
        x_label=draw(LABEL),
        y_label=draw(LABEL),
        unit=draw(st.sampled_from(["", "symbols"])),
        trained=draw(st.none() | st.just([x[0], x[points // 2]])),
        alphabet=alphabet,
        tokens="K" if by_setting else "",
        one_of=draw(st.sampled_from([[], ["cell"], ["K"]])),
        threshold=draw(st.none() | SHARE),
        at=draw(st.none() | st.floats(0, 250)),
        seeds=draw(st.booleans()),
        count=draw(st.booleans()),
    )
    options = {group["name"]: group["options"] for group in groups(figure.charts[0])}
    picked = draw(st.lists(st.sampled_from(list(options)), unique=True)) if options else []
    figure.shown = {
        name: draw(st.lists(st.sampled_from(options[name]), min_size=1, unique=True)) for name in picked
    }
    return figure
