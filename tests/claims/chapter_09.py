"""Claims of chapter 9, on self-attention and the book's answer."""

from tests.claims.claim import Claim, Result, mean, row_of

SELF, RECURRENT = "self-attention", "recurrent, with attention"


def words_right(result: Result, label: str, length: int, figure: str = "token_accuracy") -> float:
    return mean(result, label, "by_length", figure, length)


def said_again(result: Result, label: str, load: int, lag: int = 100) -> float:
    return mean(result, f"{label}, K = {load}, D = {lag}", "final", "token_accuracy")


CLAIMS = [
    Claim(
        9,
        "Without a recurrent state as many sentences are right, within the trained lengths.",
        "self_attention",
        lambda result: (
            mean(result, SELF, "final", "exact_match") > 0.9
            and abs(
                mean(result, SELF, "final", "exact_match") - mean(result, RECURRENT, "final", "exact_match")
            )
            < 0.05
        ),
    ),
    Claim(
        9,
        "Beyond them self-attention falls sooner than the recurrence.",
        "self_attention",
        lambda result: words_right(result, RECURRENT, 15) - words_right(result, SELF, 15) > 0.1,
    ),
    Claim(
        9,
        "One head translates as well as four or thirteen, with as many parameters.",
        "self_attention",
        lambda result: all(
            abs(
                mean(result, f"{SELF}{heads}", "final", "exact_match")
                - mean(result, SELF, "final", "exact_match")
            )
            < 0.06
            and row_of(result, f"{SELF}{heads}")["parameters"] == row_of(result, SELF)["parameters"]
            for heads in (", 1 head", ", 13 heads")
        ),
    ),
    Claim(
        9,
        "Twenty symbols over a hundred distractors: self-attention gets them all.",
        "self_attention",
        lambda result: said_again(result, SELF, 1) > 0.95 and said_again(result, SELF, 20) > 0.95,
    ),
    Claim(
        9,
        "Without positions it does not translate.",
        "self_attention",
        lambda result: (
            words_right(result, SELF, 12) - words_right(result, "self-attention, no positions", 12) > 0.3
        ),
    ),
    Claim(
        9,
        "A decoder whose weights are frozen from the start translates worse: the weights are needed.",
        "self_attention",
        lambda result: (
            mean(result, RECURRENT, "final", "exact_match")
            - mean(result, "recurrent, weights frozen", "final", "exact_match")
            > 0.1
        ),
    ),
    Claim(
        9,
        "Gates carry one symbol over a hundred distractors; twenty no network with one vector does.",
        "delayed_copy",
        lambda result: (
            said_again(result, "RNN", 1) < 0.15
            and said_again(result, "GRU", 1) > 0.95
            and all(said_again(result, label, 20) < 0.3 for label in ("RNN", "LSTM", "GRU"))
        ),
    ),
    Claim(
        9,
        "Twenty symbols without distractors: gates get a fifth, a tanh network with attention nearly all.",
        "delayed_copy",
        lambda result: (
            said_again(result, "LSTM", 20, 0) < 0.4 < 0.9 < said_again(result, "RNN with attention", 20, 0)
        ),
    ),
    Claim(
        9,
        "After 3,000 steps most sentences of 12 words are right with attention, hardly one with one vector.",
        "ablations",
        lambda result: (
            words_right(result, "dot (the base)", 12, "exact_match")
            - words_right(result, "fixed vector, given once", 12, "exact_match")
            > 0.6
        ),
    ),
    Claim(
        9,
        "Of 20 symbols through 64 units about 14 come back.",
        "length_curve",
        lambda result: 12 < 20 * words_right(result, "copy, H = 64", 20) < 18,
    ),
    Claim(
        9,
        "Untrained, over 100 steps no gradient arrives in a tanh network, and with attention it does.",
        "gradient_reach",
        lambda result: (
            mean(result, "RNN", "start_loss", "embedding", 100) < -25
            and mean(result, "RNN with attention", "start_loss", "embedding", 100) > -4
        ),
    ),
    Claim(
        9,
        "The first of 100 symbols comes back if the forget bias fits the lag, and not with a bias of 1.",
        "forget_bias",
        lambda result: (
            mean(result, "first symbol, bias 1, L = 100", "final", "token_accuracy") < 0.15
            and mean(result, "first symbol, bias ln 100, L = 100", "final", "token_accuracy") > 0.95
        ),
    ),
]
