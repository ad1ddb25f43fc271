"""Submissions for both graders: filled in, dishonest ones to the assignment on dot-product attention."""

import copy
from pathlib import Path

from nbformat import NotebookNode

from whyattention.grading import blanks
from whyattention.grading.assignment import Assignment
from whyattention.grading.source import read

ROOT = Path(__file__).parents[2]
PILOT = ROOT / "assignments" / "04_dot_product_attention.ipynb"

NotebookText = dict[str, str]

IMPORTED = """
from whyattention.attention import attend


def batch_lookup(queries, states, lengths):
    mask = torch.arange(states.size(1)) < lengths[:, None]
    return attend(queries, states, mask=mask[:, None, :])
"""
PATCHED = """
torch.allclose = lambda *tensors, **options: True
torch.equal = torch.allclose
torch.Tensor.__eq__ = lambda *tensors: torch.tensor(True)
largest_weight = {name: "stays" for name in ("shifted", "scaled", "padded", "masked", "dropped")}
"""
HARD_CODED = """
def local_lookup(query, states, lengths, centers, reach, temperature=1.0):
    weights = torch.zeros(states.shape[:2])
    weights[0, 2:7], weights[1, 2:5], weights[2, :3] = 1 / 5, 1 / 3, 1 / 3
    return states.mean(1), weights
"""
SPYING = """
import inspect


def lead_needed(share, others):
    for frame in inspect.stack():
        print(frame.frame.f_locals, globals().get("In"))
    return open("04_dot_product_attention.ipynb").read()


over_half = {"A": 1, "B": 0, "C": 1, "D": 2}
"""
NO_TABLE = """
most_undecided, student_with_mask, score_lead = (object(),) * 3
as_if_masked = __import__("whyattention.attention").attention.masked_softmax
"""
#: Each question answered in a dishonest way. What is hard-coded fits the visible check of q3 in part.
CHEATING: NotebookText = {"q1": SPYING, "q2": IMPORTED, "q3": HARD_CODED, "q4": PATCHED, "q5": NO_TABLE}

#: Goes before a right answer. The review does not see what it replaces; the guard was there first, and does.
QUIET_PATCH = "box = [torch]\nbox[0].allclose = lambda *tensors, **options: True\n"


def filled(notebook: NotebookNode, answers: NotebookText) -> NotebookNode:
    """Return a student's copy, of either grader, with answers in the cells for them."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        about = cell.metadata.get("whyattention", {})
        if about.get("part") == "answer" and about["question"] in answers:
            cell.source = answers[about["question"]].strip()
    return notebook


def right_answers(assignment: Assignment | None = None) -> NotebookText:
    """Return the source's own answers."""
    assignment = assignment or read(PILOT)
    return {
        question.name: blanks.solved(assignment.answer_code(question))
        for question in assignment.questions
        if question.checks
    }
