"""Likely mistakes in the assignment on gates."""

SHARE_AND_NOT_WHAT_IS_MISSING = """
by_held, by_reach = "BDCA", "ABDC"


def steps_to_fill(bias, share):
    return math.log(share) / math.log(1 / (1 + math.exp(-bias)))
"""
ONLY_THE_RULE = """
by_held, by_reach = "ABDC", "BADC"


def steps_to_fill(bias, share):
    return math.log(1 - share) / -math.log1p(math.exp(-bias))
"""
ONLY_AN_LSTM = """
def start_for_lag(network, lag):
    with torch.no_grad():
        for name, bias in network.named_parameters():
            if "bias" in name:
                width = len(bias) // 4
                bias[width : 2 * width] = math.log(lag) / 2
"""
ONLY_ONE_LAYER = """
def start_for_lag(network, lag):
    print("starting", network)
    width = network.hidden_size
    with torch.no_grad():
        network.bias_ih_l0[width : 2 * width] = math.log(lag)
        network.bias_hh_l0[width : 2 * width] = 0
"""
CLEARS_THE_DEEPER_LAYERS = """
def start_for_lag(network, lag):
    width = network.hidden_size
    with torch.no_grad():
        for name, bias in network.named_parameters():
            if "bias" in name:
                if "_l0" not in name:
                    bias.zero_()
                bias[width : 2 * width] = math.log(lag) / 2
"""
LEAKS = """
def bracket_counter(order, unit):
    W, b = torch.zeros(4, 5), torch.tensor([-10.0, 10.0, 0.0, -10.0])
    for token, change in (("(", 1), (")", -1), ("line", start)):
        W[0, order.index(token)] = 20.0
        W[2, order.index(token)] = math.atanh(change * unit)
    W[1, order.index("line")] = -20.0
    W[3, order.index("?")] = 20.0
    return W, b
"""
NOT_THE_INVERSE_OF_TANH = """
def bracket_counter(order, unit):
    W, b = torch.zeros(4, 5), torch.tensor([-30.0, 30.0, 0.0, -30.0])
    for token, change in (("(", 1), (")", -1), ("line", start)):
        W[0, order.index(token)] = 60.0
        W[2, order.index(token)] = change * unit
    W[1, order.index("line")] = -60.0
    W[3, order.index("?")] = 60.0
    return W, b
"""
BIASES_ALWAYS_ADD = """
outputs = {"moved_lstm": "same", "moved_gru": "same", "turned": "negated"}
outputs |= {"update": "other", "stuck": "other", "narrow": "same"}
"""
DIVIDES_BY_ZERO = """
heaviest, from_before, lowest, highest, balance = "small", 0.030, -0.624, 0.970, 0.698


def weights_of_words(gates):
    kept = gates.cumprod(1)
    left = torch.cat([kept[:, -1:], kept[:, -1:] / kept], dim=1)
    return left * torch.cat([torch.ones_like(gates[:, :1]), 1 - gates], dim=1)
"""
FROM_THE_WRONG_END = """
heaviest, from_before, lowest, highest, balance = "red", 0.030, -0.624, 0.970, 0.698


def weights_of_words(gates):
    kept = torch.cat([torch.ones_like(gates[:, :1]), gates.cumprod(1)], dim=1)
    return torch.cat([kept[:, -1:], (1 - gates) * kept[:, :-1]], dim=1)
"""
OPEN_TAKEN_FOR_LOAD = """
lag_is_enough, load_is_enough = ["D", "C", "B"], ["A", "B", "C"]


def control(load, delay):
    return load + delay - 1
"""
ONLY_THE_TABLE = """
lag_is_enough, load_is_enough = ["B", "C", "D"], ["A", "C"]


def control(load, delay):
    return delay
"""

SUBMISSIONS = {
    "half": (
        {
            "q1": SHARE_AND_NOT_WHAT_IS_MISSING,
            "q2": ONLY_AN_LSTM,
            "q3": LEAKS,
            "q4": BIASES_ALWAYS_ADD,
            "q5": DIVIDES_BY_ZERO,
            "q6": OPEN_TAKEN_FOR_LOAD,
        },
        {"q1": 3, "q2": 3, "q3": 4, "q4": 2, "q5": 5, "q6": 2},
    ),
    "other": (
        {
            "q1": ONLY_THE_RULE,
            "q2": ONLY_ONE_LAYER,
            "q3": NOT_THE_INVERSE_OF_TANH,
            "q4": 'outputs = {"moved_lstm": "same"}',
            "q5": FROM_THE_WRONG_END,
            "q6": ONLY_THE_TABLE,
        },
        {"q1": 2, "q2": 4, "q3": 2, "q4": 0, "q5": 2, "q6": 2},
    ),
    "careless": (
        {"q2": CLEARS_THE_DEEPER_LAYERS},
        {"q1": 0, "q2": 4, "q3": 0, "q4": 0, "q5": 0, "q6": 0},
    ),
}
