"""Likely mistakes in the assignment on attention in the decoder, and where it leads."""

ASKS_AFTERWARDS = """
def steps_changed(decoder, change, quantity, at, steps):
    # Takes Bahdanau's order for Luong's.
    everything = list(range(1, steps + 1))
    if change == "word":
        return everything[at - 1 :]
    if change == "value":
        first = at if quantity == "attentional" else at + 1
        if decoder == "unfed":
            return [at] if quantity == "attentional" else []
        return everything[first - 1 :]
    if quantity == "state":
        return [] if decoder == "unfed" else everything[1:]
    return everything
"""
NOTHING_WAITS = """
def steps_changed(decoder, change, quantity, at, steps):
    return list(range(1 if change == "source" else at, steps + 1))
"""
FEEDS_THE_VALUE = """
def decode(words, states, mask, s, parts):
    fed, logits, looks = torch.zeros_like(s), [], []
    for token in words.unbind(1):
        inputs = torch.cat([parts["embedding"][token], fed, s], dim=1)
        s = torch.tanh(inputs @ parts["cell"].T)
        scores = (states @ s[:, :, None])[:, :, 0]
        weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
        value = (weights[:, None] @ states)[:, 0]
        attentional = torch.tanh(torch.cat([value, s], dim=1) @ parts["attentional"].T)
        logits.append(attentional @ parts["prediction"].T)
        fed = value
        looks.append(weights)
    return torch.stack(logits, dim=1), torch.stack(looks, dim=1)
"""
ASKS_TOO_EARLY = """
def decode(words, states, mask, s, parts):
    fed, logits, looks = torch.zeros_like(s), [], []
    for token in words.unbind(1):
        scores = (states @ s[:, :, None])[:, :, 0]
        s = torch.tanh(torch.cat([parts["embedding"][token], fed, s], dim=1) @ parts["cell"].T)
        weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
        value = (weights[:, None] @ states)[:, 0]
        fed = torch.tanh(torch.cat([value, s], dim=1) @ parts["attentional"].T)
        logits.append(fed @ parts["prediction"].T)
        looks.append(weights)
    return torch.stack(logits, dim=1), torch.stack(looks, dim=1)
"""
COUNTS_THE_END = """
error_rate, may_serve, least_used = 0.57, ["ne", "la", "rouge"], "does"


def coverage(weights, target_lengths):
    counts = torch.arange(weights.size(1)) < target_lengths[:, None]
    return (weights * counts[:, :, None]).sum(1)
"""
TAKES_EVERY_MISS = """
error_rate, may_serve, least_used = 4 / 7, ["ne", "mange", "la", "rouge"], "does"


def coverage(weights, target_lengths):
    counts = torch.arange(weights.size(1)) < target_lengths[:, None] - 1
    return torch.einsum("bts,bt->bs", weights, counts.float())
"""
DISTANCE_ATTENTION = """
def distance_attention(q, k, v, lengths, rates, causal):
    B, T, W = q.shape
    N, places = len(rates), torch.arange(T)
    q, k, v = (x.reshape(B, T, N, W // N).transpose(1, 2) for x in (q, k, v))
    scores = q @ k.transpose(-2, -1) / math.sqrt({width})
    scores = scores - rates[:, None, None] * (places - places[:, None]).abs()
    seen = (places < lengths[:, None])[:, None, None]
    if causal:
        seen = seen & (places <= places[:, None])
    weights = scores.masked_fill(~seen, -torch.inf).softmax(-1)
    return {found}, weights
"""
WHOLE_WIDTH = DISTANCE_ATTENTION.format(width="W", found="(weights @ v).transpose(1, 2).flatten(2)")
HEADS_MIXED = DISTANCE_ATTENTION.format(width="W // N", found="(weights @ v).reshape(B, T, W)")
ONE_LAYER_FOR_ALL = """
def alike(words, causal, layers):
    def kind(i):
        seen = words[: i + 1] if causal else words
        return words[i], {word: seen.count(word) / len(seen) for word in seen}

    places = range(len(words))
    return [(i + 1, j + 1) for i in places for j in places if i < j and kind(i) == kind(j)]


alike_by_hand = {"A": [(1, 4)], "B": [(2, 4)], "C": [(1, 2)], "D": [(2, 4)]}
"""
A_MASK_TELLS_ALL_APART = """
def alike(words, causal, layers):
    places = range(len(words))
    pairs = [(i + 1, j + 1) for i in places for j in places if i < j and words[i] == words[j]]
    return [] if causal else pairs


alike_by_hand = {"A": [(1, 4)], "B": [], "C": [], "D": []}
"""
BESIDE_THE_BASE = """
rows = {
    "look": ("attention", "one vector, larger"),
    "both": ("both directions", "attention"),
    "tanh": ("attention", "no tanh layer"),
}
verdicts = {"look": "supported", "both": "supported", "tanh": "supported"}


def by_luck(n, m):
    return math.factorial(n) * math.factorial(m) / math.factorial(n + m)
"""
COINS = """
rows = {
    "look": ("attention", "last-state control"),
    "both": ["both directions", "attention, larger"],
    "tanh": ("attention, smaller", "no tanh layer"),
}
verdicts = {"look": "supported", "both": "open", "tanh": "contradicted"}


def by_luck(n, m):
    return 0.5 ** min(n, m)
"""

SUBMISSIONS = {
    "half": (
        {
            "q1": ASKS_AFTERWARDS,
            "q2": FEEDS_THE_VALUE,
            "q3": COUNTS_THE_END,
            "q4": WHOLE_WIDTH,
            "q5": ONE_LAYER_FOR_ALL,
            "q6": BESIDE_THE_BASE,
        },
        {"q1": 3, "q2": 4, "q3": 3, "q4": 3, "q5": 2, "q6": 1},
    ),
    "other": (
        {
            "q1": NOTHING_WAITS,
            "q2": ASKS_TOO_EARLY,
            "q3": TAKES_EVERY_MISS,
            "q4": HEADS_MIXED,
            "q5": A_MASK_TELLS_ALL_APART,
            "q6": COINS,
        },
        {"q1": 1, "q2": 0, "q3": 2, "q4": 2, "q5": 1, "q6": 3},
    ),
}
