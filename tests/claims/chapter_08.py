"""Claims of chapter 8, on attention inside the decoder."""

from tests.claims.claim import Claim, Result, mean, row_of


def first_of_30(result: Result, label: str) -> float:
    return mean(result, label, "curve", "token_accuracy", 1000)


def loss_reach(result: Result, label: str, when: str, lag: int) -> float:
    return mean(result, label, f"{when}_loss", "embedding", lag)


def sentences_right(result: Result, label: str, length: int) -> float:
    return mean(result, label, "by_length", "exact_match", length)


def copied(result: Result, label: str, load: int, delay: int) -> float:
    return mean(result, f"{label}, K = {load}, D = {delay}", "final", "token_accuracy")


def seeds_of(result: Result, label: str, load: int, delay: int) -> list[float]:
    row = row_of(result, f"{label}, K = {load}, D = {delay}")
    return row["tables"]["final"]["token_accuracy"]["seeds"]


def without_mistake(result: Result, label: str) -> float:
    return mean(result, label, "final", "exact_match")


def of_any_size(result: Result) -> list[str]:
    """Return the labels of the base and of its other sizes."""
    return [row["label"] for row in result["rows"] if row["label"].startswith("dot")]


def after_500(result: Result, label: str) -> float:
    return mean(result, label, "curve", "token_accuracy", 500)


CHANGED = (
    "general",
    "concat",
    "additive",
    "query: the previous state",
    "no tanh layer",
    "no input feeding",
    "both directions",
)
WITHOUT_LOOK_UP = ("last-state control", "fixed vector, given once", "fixed vector, as large as: dot")

CLAIMS = [
    Claim(
        8,
        "With attention a tanh network recalls the first of 30 symbols; without, it is at chance.",
        "gradient_reach",
        lambda result: first_of_30(result, "RNN with attention") > 0.95 and first_of_30(result, "RNN") < 0.15,
    ),
    Claim(
        8,
        "Untrained, the gradient reaches the first of 100 symbols with attention, and not without.",
        "gradient_reach",
        lambda result: (
            loss_reach(result, "RNN with attention", "start", 100) > -4
            and loss_reach(result, "RNN", "start", 100) < -25
        ),
    ),
    Claim(
        8,
        "After training the gradient has gathered at the symbol that is looked at.",
        "gradient_reach",
        lambda result: (
            loss_reach(result, "RNN with attention", "trained", 100)
            > loss_reach(result, "RNN with attention", "trained", 50) + 4
        ),
    ),
    Claim(
        8,
        "From state to state the gradient vanishes with attention as without.",
        "gradient_reach",
        lambda result: all(
            mean(result, label, "trained_states", "hidden", 30) < -12
            for label in ("RNN", "RNN with attention")
        ),
    ),
    Claim(
        8,
        "The LSTM with attention learns to recall more slowly than the tanh network with attention.",
        "gradient_reach",
        lambda result: (
            first_of_30(result, "LSTM with attention") < first_of_30(result, "RNN with attention") - 0.2
        ),
    ),
    Claim(
        8,
        "Of sentences of 12 words nearly all are right with attention, half or fewer in the control.",
        "translation_length",
        lambda result: (
            sentences_right(result, "attention", 12) > 0.95
            and sentences_right(result, "last-state control", 12) < 0.6
            and sentences_right(result, "fixed vector, given once", 12) < 0.3
        ),
    ),
    Claim(
        8,
        "Attention does not carry far beyond the trained lengths, in one direction or both.",
        "translation_length",
        lambda result: all(
            sentences_right(result, label, 15) > 0.7
            and sentences_right(result, label, 20) < 0.4
            and sentences_right(result, label, 25) < 0.1
            for label in ("attention", "attention, both directions")
        ),
    ),
    Claim(
        8,
        "With attention a tanh network copies one symbol and five over every delay, and 20 without one.",
        "delayed_copy",
        lambda result: all(
            copied(result, "RNN with attention", load, delay) > 0.97
            for load, delay in ((1, 0), (1, 30), (1, 100), (5, 0), (5, 30), (5, 100), (20, 0))
        ),
    ),
    Claim(
        8,
        "Without attention no network copies more than a quarter of 20 symbols.",
        "delayed_copy",
        lambda result: all(
            copied(result, label, 20, delay) < 0.25 < copied(result, label, 1, 0) - 0.5
            for label in ("RNN", "LSTM", "GRU")
            for delay in (0, 30, 100)
        ),
    ),
    Claim(
        8,
        "Of 20 symbols before a delay, a tanh network with attention copies all or nothing, by the seed.",
        "delayed_copy",
        lambda result: all(
            0.2 < copied(result, "RNN with attention", 20, delay) < 0.9
            and not any(0.15 < seed < 0.95 for seed in seeds_of(result, "RNN with attention", 20, delay))
            for delay in (30, 100)
        ),
    ),
    Claim(
        8,
        "Gates that are set to keep stand in the way of the look-up.",
        "delayed_copy",
        lambda result: (
            copied(result, "LSTM with attention", 20, 0) < copied(result, "RNN with attention", 20, 0) - 0.5
            and copied(result, "LSTM with attention", 5, 100) < copied(result, "LSTM", 5, 100) - 0.15
        ),
    ),
    Claim(
        8,
        "With the default bias an LSTM with attention copies 20 symbols, but none over a long delay.",
        "delayed_copy",
        lambda result: (
            copied(result, "LSTM with attention, default bias", 20, 0)
            > copied(result, "LSTM with attention", 20, 0) + 0.5
            and copied(result, "LSTM with attention, default bias", 1, 100)
            < copied(result, "LSTM with attention", 1, 100) - 0.5
        ),
    ),
    Claim(
        8,
        "The worst model with a look-up gets more sentences right than the best without.",
        "ablations",
        lambda result: (
            min(without_mistake(result, label) for label in (*of_any_size(result), *CHANGED))
            - max(without_mistake(result, label) for label in WITHOUT_LOOK_UP)
            > 0.1
        ),
    ),
    Claim(
        8,
        "If the state before asks, as many sentences are right, and the AER more than doubles.",
        "ablations",
        lambda result: (
            abs(
                without_mistake(result, "query: the previous state")
                - without_mistake(result, "dot (the base)")
            )
            < 0.03
            and mean(result, "query: the previous state", "final", "alignment_error_rate")
            > 2 * mean(result, "dot (the base)", "final", "alignment_error_rate")
        ),
    ),
    Claim(
        8,
        "The additive score is the quickest: after 500 steps it is ahead of dot products of any size.",
        "ablations",
        lambda result: (
            after_500(result, "additive")
            > max(after_500(result, label) for label in of_any_size(result)) + 0.03
        ),
    ),
    Claim(
        8,
        "Neither input feeding nor the tanh layer makes more sentences right; the look-up does.",
        "ablations",
        lambda result: (
            all(
                without_mistake(result, label) > without_mistake(result, "dot (the base)") - 0.01
                for label in ("no input feeding", "no tanh layer")
            )
            and without_mistake(result, "last-state control")
            < without_mistake(result, "dot (the base)") - 0.1
        ),
    ),
]
