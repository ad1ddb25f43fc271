"""Likely mistakes in the assignment on gradients that vanish."""

NO_SLOPE_IN_THE_BOUND = """
verdicts = {"A": "undecided", "B": "vanishes", "C": "vanishes", "D": "explodes", "E": "undecided"}


def certain_after(sigma, steepest, share):
    return None if sigma >= 1 else math.ceil(math.log(share) / math.log(sigma))
"""
ABOVE_ONE_EXPLODES = """
verdicts = {"A": "explodes", "B": "vanishes", "C": "explodes", "D": "explodes", "E": "explodes"}


def certain_after(sigma, steepest, share):
    steps = 0
    while (sigma * steepest) ** steps > share:
        if sigma * steepest >= 1:
            return None
        steps += 1
    return steps
"""
NOT_TRANSPOSED = """
def gradient_of_U(U, states, arriving):
    before = torch.cat([torch.zeros_like(states[:1]), states[:-1]])
    total, carried = torch.zeros_like(U), torch.zeros_like(states[0])
    for t in reversed(range(len(states))):
        delta = (1 - states[t] ** 2) * (arriving[t] + carried)
        total += torch.outer(delta, before[t])
        carried = U @ delta
    return total
"""
FORGETS_LATER_LOSSES = """
def gradient_of_U(U, states, arriving):
    before = torch.cat([torch.zeros_like(states[:1]), states[:-1]])
    return ((1 - states**2) * arriving).T @ before
"""
CUTS_IN_BLOCKS = """
def cut_gradients(U, states, arriving, reach):
    rows, carried = [], torch.zeros_like(arriving[0])
    for back, t in enumerate(reversed(range(len(states)))):
        if back % (reach + 1) == 0:
            carried = torch.zeros_like(carried)
        rows.append(arriving[t] + carried)
        carried = U.T @ ((1 - states[t] ** 2) * rows[-1])
    return torch.stack(rows).flip(0)
"""
FORGETS_SLOPES = """
def cut_gradients(U, states, arriving, reach):
    total = arriving.clone()
    for step in range(len(states)):
        carried = arriving[step]
        for t in range(step - 1, max(-1, step - reach - 1), -1):
            carried = U.T @ carried
            total[t] += carried
    return total
"""
CLIPPING_CURES = """
ratio = {
    "scaled": "rises",
    "clipped": "rises",
    "longer": "falls",
    "mirrored": "stays",
    "inputs": "falls",
    "recurrent": "rises",
    "biased": "falls",
}
"""
INPUTS_HELP = """
ratio = dict.fromkeys(("scaled", "clipped", "mirrored"), "stays")
ratio |= {"longer": "falls", "inputs": "rises", "recurrent": "rises", "biased": "stays"}
"""
BY_LARGEST_SINGULAR_VALUE = """
factor, unheard_from = 0.49, 23
matches, clipped_share = {"A": "Z", "B": "Y", "C": "X"}, 230 / 9540


def range_for(width, slope, steps, share):
    return share ** (1 / steps) / slope / width**0.5
"""
ONLY_THE_RANGE = """
factor, unheard_from = 1.9e-12 / 0.0036, 17
matches, clipped_share = {"A": "Z", "B": "X", "C": "Y"}, 1.0


def range_for(width, slope, steps, share):
    default = 1 / math.sqrt(width)
    factor = slope / math.sqrt(3)
    return default * share ** (1 / steps) / factor
"""

SUBMISSIONS = {
    "half": (
        {
            "q1": NO_SLOPE_IN_THE_BOUND,
            "q2": NOT_TRANSPOSED,
            "q3": CUTS_IN_BLOCKS,
            "q4": CLIPPING_CURES,
            "q5": BY_LARGEST_SINGULAR_VALUE,
        },
        {"q1": 4, "q2": 3, "q3": 2, "q4": 2, "q5": 3},
    ),
    "other": (
        {
            "q1": ABOVE_ONE_EXPLODES,
            "q2": FORGETS_LATER_LOSSES,
            "q3": FORGETS_SLOPES,
            "q4": INPUTS_HELP,
            "q5": ONLY_THE_RANGE,
        },
        {"q1": 2, "q2": 1, "q3": 2, "q4": 2, "q5": 3},
    ),
}
