"""Claims of chapter 5, on the GRU."""

from tests.claims.claim import Claim, Result, mean


def recalled(result: Result, label: str, steps: int) -> float:
    return mean(result, label, "curve", "token_accuracy", steps)


def reach_over_30(result: Result, label: str, when: str, part: str = "hidden") -> float:
    return mean(result, label, f"{when}_states", part, 30)


def sums_right(result: Result, label: str, length: int, steps: int) -> float:
    return mean(result, f"{label}, L = {length}", "curve", "accuracy", steps)


CLAIMS = [
    Claim(
        5,
        "From PyTorch's start the GRU learns to recall within 1,000 steps, and the LSTM does not.",
        "gradient_reach",
        lambda result: recalled(result, "GRU", 1000) > 0.8 and recalled(result, "LSTM", 1000) < 0.15,
    ),
    Claim(
        5,
        "Untrained, the reach of the GRU is hardly better than the LSTM's; trained, it is near 1.",
        "gradient_reach",
        lambda result: (
            abs(reach_over_30(result, "GRU", "start") - reach_over_30(result, "LSTM", "start")) < 2
            and abs(reach_over_30(result, "GRU", "trained")) < 1.5
            and reach_over_30(result, "LSTM", "trained") < -3
        ),
    ),
    Claim(
        5,
        "With a bias of ln 30 both learn to recall, and the LSTM learns first.",
        "gradient_reach",
        lambda result: (
            recalled(result, "LSTM, forget bias ln 30", 300)
            > recalled(result, "GRU, update bias ln 30", 300) + 0.4
            and recalled(result, "LSTM, forget bias ln 30", 1000) > 0.98
            and recalled(result, "GRU, update bias ln 30", 1000) > 0.98
        ),
    ),
    Claim(
        5,
        "On the adding problem nothing is learned without the bias.",
        "adding_problem",
        lambda result: all(
            sums_right(result, label, length, steps) < 0.25
            for label in ("RNN", "LSTM, forget bias 1", "GRU")
            for length, steps in ((50, 3000), (100, 4000))
        ),
    ),
    Claim(
        5,
        "With the bias the GRU adds first, and at 100 numbers by more than 1,000 steps.",
        "adding_problem",
        lambda result: (
            sums_right(result, "GRU, update bias ln 50", 50, 500)
            > sums_right(result, "LSTM, forget bias ln 50", 50, 500) + 0.15
            and sums_right(result, "GRU, update bias ln 100", 100, 500) > 0.8
            and sums_right(result, "LSTM, forget bias ln 100", 100, 1500) < 0.4
            and sums_right(result, "LSTM, forget bias ln 100", 100, 4000) > 0.9
        ),
    ),
]
