"""Likely mistakes in the assignment on two networks and the bottleneck."""

LOOKS_AT_THE_START = """
sentences = {"greedy": "il parle bien", "beam": "elle court vite", "likeliest": "on va vite"}
width_needed = 3


def surely_best(best, second):
    return math.prod(best) >= second[0]
"""
BEAM_IS_GREEDY = """
sentences = {"greedy": "il parle bien", "beam": "il parle bien", "likeliest": "elle court vite"}
width_needed = 2


def surely_best(best, second):
    whole = math.prod(best)
    return all(math.prod(best[:t]) * second[t] <= whole for t in range(len(best)))
"""
READS_ITS_OWN = """
def log_probability(step, context, target):
    total = torch.zeros(len(target))
    word, s = torch.full_like(target[:, 0], BOS), context
    for t in range(target.size(1)):
        scores, s = step(word, s)
        word = scores.argmax(-1)
        of_target = scores.log_softmax(-1).gather(1, target[:, t, None]).squeeze(1)
        total = total + torch.where(target[:, t] != PAD, of_target, 0.0)
    return total
"""
WITHOUT_THE_END = """
def log_probability(step, context, target):
    total = torch.zeros(len(target))
    word, s = torch.full_like(target[:, 0], BOS), context
    for t in range(target.size(1)):
        scores, s = step(word, s)
        word = target[:, t]
        of_target = scores.log_softmax(-1).gather(1, word[:, None]).squeeze(1)
        total = total + torch.where(word > EOS, of_target, 0.0)
    return total
"""
CHOOSES_PADDING = """
def finish(step, context, beginnings, longest):
    word, s = torch.full((len(beginnings),), BOS), context
    over, written = word != BOS, []
    for t in range(longest):
        scores, s = step(word, s)
        word = scores.argmax(-1)
        if t < beginnings.size(1):
            word = torch.where(beginnings[:, t] == PAD, word, beginnings[:, t])
        word = torch.where(over, PAD, word)
        over = over | (word == EOS)
        written.append(word)
    return torch.stack(written, dim=1)
"""
GOES_ON_BEHIND_THE_END = """
def finish(step, context, beginnings, longest):
    word, s = torch.full((len(beginnings),), BOS), context
    written = []
    for t in range(longest):
        scores, s = step(word, s)
        scores[:, :EOS] = -torch.inf
        word = scores.argmax(-1)
        if t < beginnings.size(1):
            word = torch.where(beginnings[:, t] == PAD, word, beginnings[:, t])
        written.append(word)
    return torch.stack(written, dim=1)
"""
SPLITS_SYMBOLS = """
fewest_first = ["D", "C", "A", "B"]
numbers = {name: math.ceil(n * math.log2(v) / 24) for name, (n, v) in messages.items()}


def digits_that_survive(alphabet, error):
    return math.floor(math.log(1 / error) / math.log(alphabet))
"""
COUNTS_SYMBOLS = """
fewest_first = ["C", "A", "D", "B"]
numbers = {"A": 4, "B": 4, "C": 4, "D": 3}


def digits_that_survive(alphabet, error):
    return math.floor(math.log(1 / (2 * error)) / math.log(alphabet))
"""
LUCK_COUNTS = """
def symbols_known(accuracy, length, alphabet):
    return accuracy * length


most_known = [5.12, 8.0, 15.6]
two_causes = [24]
mistakes_when_wrong = [4.09, 1.71, 2.29]
independent = 32
"""
ONLY_THE_TOOL = """
def symbols_known(accuracy, length, alphabet):
    return (accuracy * length * alphabet - length) / (alphabet - 1)


most_known = [4.39, 7.47, 13.27]
two_causes = [16, 24]
mistakes_when_wrong = [3.6, 1.28, 0.16]
independent = 64
"""
FINISH = """
def finish(step, context, beginnings, longest):
    word, s = torch.full((len(beginnings),), BOS), context
    over, written = torch.zeros(len(beginnings), dtype=torch.bool), []
    for t in range(longest):
        scores, s = step(word, s)
        word = own = scores[:, EOS:].argmax(-1) + EOS
        if t < beginnings.size(1):
            word = torch.where(beginnings[:, t] == PAD, own, beginnings[:, t])
        word = word.masked_fill(over, PAD)
        over = {ends}
        written.append(word)
    return torch.stack(written, dim=1)
"""
NEVER_ENDS_WHERE_WORDS_MAY_BE_GIVEN = FINISH.format(
    ends="over | (word == EOS) if t >= beginnings.size(1) else over"
)
ENDS_BEFORE_A_WORD_IS_GIVEN = FINISH.format(ends="over | (own == EOS)")

SUBMISSIONS = {
    "half": (
        {
            "q1": LOOKS_AT_THE_START,
            "q2": READS_ITS_OWN,
            "q3": CHOOSES_PADDING,
            "q4": SPLITS_SYMBOLS,
            "q5": LUCK_COUNTS,
        },
        {"q1": 4, "q2": 2, "q3": 5, "q4": 2, "q5": 3},
    ),
    "other": (
        {
            "q1": BEAM_IS_GREEDY,
            "q2": WITHOUT_THE_END,
            "q3": GOES_ON_BEHIND_THE_END,
            "q4": COUNTS_SYMBOLS,
            "q5": ONLY_THE_TOOL,
        },
        {"q1": 3, "q2": 2, "q3": 3, "q4": 3, "q5": 2},
    ),
    "short beginnings": (
        {"q3": NEVER_ENDS_WHERE_WORDS_MAY_BE_GIVEN},
        {"q1": 0, "q2": 0, "q3": 3, "q4": 0, "q5": 0},
    ),
    "early ends": (
        {"q3": ENDS_BEFORE_A_WORD_IS_GIVEN},
        {"q1": 0, "q2": 0, "q3": 3, "q4": 0, "q5": 0},
    ),
}
