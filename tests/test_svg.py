"""A drawing that is stored in less room looks as Matplotlib drew it."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from whyattention.svg import compact

DRAWN = """<svg xmlns="http://www.w3.org/2000/svg">
  <metadata><date>today</date></metadata>
  <!-- 40 -->
  <g transform="translate(137.034847 -0.004) scale(0.1 -0.1)"><g id="line_1"><path d="M 1.5 220.758739
L 12.999999 3" style="fill: none; stroke: #e4e4e4"/></g></g>
  <defs><path id="DejaVuSans-15" d="M 2419 4116 L -825 1625 z " transform="scale(0.015625)"/></defs>
  <use xlink:href="#DejaVuSans-15"/>
</svg>"""


def test_what_nobody_sees_is_left_out():
    assert compact(DRAWN) == (
        "<svg xmlns='http://www.w3.org/2000/svg'><g transform='translate(137.03 -0) scale(0.1 -0.1)'>"
        "<path d='M1.5 220.76L13 3' style='fill:none;stroke:#e4e4e4'/></g>"
        "<defs><path id='p15' d='M302 514L-103 203z' transform='scale(0.125)'/></defs>"
        "<use xlink:href='#p15'/></svg>"
    )


def test_a_text_with_an_apostrophe_keeps_its_quotation_marks():
    assert compact('<svg aria-label="l\'homme"/>') == '<svg aria-label="l\'homme"/>'


@pytest.fixture
def figure():
    figure, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
    left.plot([0, 1, 2], [0.1, 0.7, 0.4], "o--", label="$\\partial c_t / \\partial c_{t-1}$")
    left.fill_between([0, 1, 2], [0, 0.5, 0.3], [0.2, 0.9, 0.5], alpha=0.2)
    left.set(xlabel="lag, in steps", title="Bold and oblique")
    left.legend()
    right.imshow(np.eye(5))
    right.bar([0, 1], [2, 3], hatch="//", edgecolor="white")
    yield figure
    plt.close(figure)


def test_a_figure_looks_the_same_in_two_thirds_of_the_room(figure, new_page):
    file = io.StringIO()
    figure.savefig(file, format="svg")
    pictures = []
    for markup in (file.getvalue(), compact(file.getvalue())):
        page = new_page(viewport={"width": 600, "height": 320}, device_scale_factor=2)
        page.set_content(f"<!doctype html><body style='margin: 0'>{markup[markup.index('<svg') :]}")
        shot = Image.open(io.BytesIO(page.screenshot())).convert("L")
        pictures.append(np.asarray(shot, dtype=float))
    assert len(compact(file.getvalue())) < 2 / 3 * len(file.getvalue())
    assert pictures[0].std() > 10
    difference = np.abs(pictures[0] - pictures[1])
    # Edges of letters may differ by a shade.
    assert difference.mean() < 0.5
    assert (difference > 100).mean() < 1e-3
