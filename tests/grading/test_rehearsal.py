"""A rehearsal finds in seconds what the graders would find in minutes."""

from tests.grading.submissions import PILOT
from whyattention.grading.rehearsal import rehearse


def test_the_assignment_comes_out_right():
    lines, right = rehearse(PILOT, [None, "v1"])
    assert right
    assert lines == [
        f"✓ {PILOT.stem}: 30 points; 15 checks pass for solutions, none for blanks",
        f"✓ {PILOT.stem}, variant v1: 30 points; 15 checks pass for solutions, none for blanks",
    ]


def test_a_solution_that_fails_is_named_with_its_reason(cell_of, stored):
    cell_of("q3", "answer").source = cell_of("q3", "answer").source.replace("/ temperature", "")
    lines, right = rehearse(stored())
    assert not right
    (line,) = lines
    assert line.startswith(
        f"✗ {PILOT.stem}: a solution fails: ✗ values and weights are those of a loop over windows"
    )


def test_a_blank_that_earns_points_is_named(cell_of, stored):
    check = cell_of("q4", "hidden")
    check.source = (
        "from whyattention.grading.guard import check\n\n\n@check\n"
        "def nothing_is_asked_for_here():\n    require(True, 'no')\n"
    )
    lines, right = rehearse(stored())
    assert not right
    assert lines == [f"✗ {PILOT.stem}: a blank gets 3 points from nothing_is_asked_for_here"]
