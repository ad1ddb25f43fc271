"""Written answers in a real JupyterLab: the guide sends instructors to nbgrader's Formgrader."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.grading.submissions import PILOT, filled
from whyattention.grading.build import build
from whyattention.grading.verify import NbgraderTrial


@pytest.mark.slow
def test_a_written_answer_is_graded_by_hand_and_its_points_are_added(
    jupyter, new_page, tmp_path, monkeypatch
):
    build([PILOT], tmp_path / "built")
    trial = NbgraderTrial(tmp_path / "built", PILOT.stem, tmp_path)
    answer = "A saturated softmax passes on almost no gradient."
    trial.grade("ada", filled(trial.copies["instructor"], {"q6": answer}))
    course = tmp_path / "notebooks"  # the folder that Jupyter serves
    shutil.copytree(trial.course, course, dirs_exist_ok=True)
    monkeypatch.chdir(course)
    lab = jupyter("lab", "1")
    server = lab.partition("/lab/")[0]
    page = new_page()

    page.goto(lab)
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    expect(page.get_by_role("menuitem", name="Formgrader")).to_be_visible()

    page.goto(f"{server}/formgrader/gradebook/{PILOT.stem}/{PILOT.stem}")
    page.get_by_role("link", name=re.compile("Submission #1")).click()
    expect(page.get_by_text(answer)).to_be_visible()
    points = page.locator("input.score").last
    points.fill("3")
    with page.expect_response("**/formgrader/api/grade/*") as saved:
        points.press("Tab")
    assert saved.value.ok
    page.goto(f"{server}/formgrader/gradebook/{PILOT.stem}/{PILOT.stem}")
    expect(page.get_by_role("row").filter(has_text="Submission #1")).to_contain_text("29 / 30")
