"""Claims of chapter 6, on load and lag."""

from tests.claims.claim import Claim, Result, mean, row_of

NETWORKS = ("RNN", "LSTM", "GRU")


def patience(result: Result, steps: int) -> float:
    return mean(result, "LSTM, H = 64", "curve", "token_accuracy", steps)


def came_back(result: Result, network: str, load: int, delay: int, of_seeds: str = "mean") -> float:
    """Return the share of right symbols at one cell of the grid."""
    tables = row_of(result, f"{network}, K = {load}, D = {delay}")["tables"]
    return tables["final"]["token_accuracy"][of_seeds]


CLAIMS = [
    Claim(
        6,
        "Gates cure lag: one symbol over 30 distractors comes back, without gates it does not.",
        "delayed_copy",
        lambda result: (
            came_back(result, "RNN", 1, 0) > 0.95
            and came_back(result, "RNN", 1, 30, "max") < 0.15
            and min(came_back(result, network, 1, 30, "min") for network in ("LSTM", "GRU")) > 0.95
        ),
    ),
    Claim(
        6,
        "Over 100 distractors the GRU carries it from every seed, the LSTM from two of three.",
        "delayed_copy",
        lambda result: (
            came_back(result, "GRU", 1, 100, "min") > 0.9
            and came_back(result, "LSTM", 1, 100, "min") < 0.2
            and sorted(came_back(result, "LSTM", 1, 100, "seeds"))[1] > 0.8
        ),
    ),
    Claim(
        6,
        "Not load: all networks master five symbols, none gets a quarter of twenty.",
        "delayed_copy",
        lambda result: (
            min(came_back(result, network, 5, 0) for network in NETWORKS) > 0.9
            and max(
                came_back(result, network, 20, delay, "max") for network in NETWORKS for delay in (0, 30, 100)
            )
            < 0.25
        ),
    ),
    Claim(
        6,
        "For the LSTM 100 distractors with five symbols are easier than twenty symbols without any.",
        "delayed_copy",
        lambda result: came_back(result, "LSTM", 5, 100) - came_back(result, "LSTM", 20, 0) > 0.3,
    ),
    Claim(
        6,
        "With five symbols the lag is not free: the GRU loses more than the LSTM.",
        "delayed_copy",
        lambda result: (
            came_back(result, "LSTM", 5, 0) - came_back(result, "LSTM", 5, 100) > 0.05
            and came_back(result, "LSTM", 5, 100) - came_back(result, "GRU", 5, 100) > 0.2
        ),
    ),
    Claim(
        6,
        "20 symbols are not beyond 64 units: the LSTM still learns after 10,000 steps.",
        "training_curve",
        lambda result: (
            patience(result, 20_000) - patience(result, 10_000) > 0.1 and patience(result, 1500) < 0.3
        ),
    ),
]
