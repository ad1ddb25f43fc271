"""Likely mistakes in the assignment on dot-product attention."""

OVERFLOWS = """
def batch_lookup(queries, states, lengths):
    real = torch.arange(states.size(1)) < lengths[:, None]
    exponentials = (queries @ states.transpose(1, 2)).exp() * real[:, None, :]
    weights = exponentials / exponentials.sum(-1, keepdim=True)
    return weights @ states, weights
"""
NO_TEMPERATURE = """
def local_lookup(query, states, lengths, centers, reach, temperature=1.0):
    positions = torch.arange(states.size(1))
    near = (positions - centers[:, None]).abs() <= reach
    allowed = near & (positions < lengths[:, None])
    scores = (states @ query[:, :, None]).squeeze(-1)
    weights = scores.masked_fill(~allowed, -torch.inf).softmax(-1)
    return (weights[:, None, :] @ states).squeeze(1), weights
"""
ONLY_THE_TOOL = """
most_undecided, student_with_mask, score_lead = "suis", 0.6, 0.52


def as_if_masked(weights, lengths):
    kept = weights * (torch.arange(weights.size(1)) < lengths[:, None])
    return kept / kept.sum(-1, keepdim=True)
"""
ONLY_THE_TABLE = """
most_undecided, student_with_mask, score_lead = "(end)", 0.79, 2.01


def as_if_masked(weights, lengths):
    print("looking for the mask")
    return weights.softmax(-1)
"""
WARNS = """
import warnings
over_half = {"A": 1, "B": 0, "C": 1, "D": 2}


def lead_needed(share, others):
    warnings.warn("this is printed on stderr, and is no mistake")
    return math.log(share / (1 - share)) + math.log(others)
"""

SUBMISSIONS = {
    "half": (
        {"q2": OVERFLOWS, "q3": NO_TEMPERATURE, "q5": ONLY_THE_TOOL},
        {"q1": 0, "q2": 4, "q3": 3, "q4": 0, "q5": 3},
    ),
    "other": (
        {"q1": WARNS, "q4": 'largest_weight = {"shifted": "stays"}', "q5": ONLY_THE_TABLE},
        {"q1": 5, "q2": 0, "q3": 0, "q4": 0, "q5": 3},
    ),
}
