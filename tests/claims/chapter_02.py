"""Claims of chapter 2, on the bottleneck."""

from tests.claims.claim import Claim, Result, grows, mean

WIDTHS = (16, 32, 64, 128)


def recovered(result: Result, width: int, length: int) -> float:
    return length * mean(result, f"copy, H = {width}", "by_length", "token_accuracy", length)


def translated(result: Result, width: int, length: int, figure: str = "token_accuracy") -> float:
    return mean(result, f"translation, H = {width}", "by_length", figure, length)


def patience(result: Result, steps: int) -> float:
    return mean(result, "LSTM, H = 64", "curve", "token_accuracy", steps)


def reversal_gain(result: Result, task: str, steps: int | None = None) -> float:
    table = "final" if steps is None else "curve"
    forward, backward = (
        mean(result, label, table, "token_accuracy", steps) for label in (task, f"{task}, source reversed")
    )
    return backward - forward


def translated_from(result: Result, label: str, length: int) -> float:
    return mean(result, f"fixed vector, {label}", "by_length", "token_accuracy", length)


CLAIMS = [
    Claim(
        2,
        "Every vector carries two symbols.",
        "length_curve",
        lambda result: all(recovered(result, width, 2) > 1.94 for width in WIDTHS),
    ),
    Claim(
        2,
        "Each doubling of the width moves the fall to longer messages.",
        "length_curve",
        lambda result: grows([recovered(result, width, 20) / 20 for width in WIDTHS], 0.08),
    ),
    Claim(
        2,
        "With 16 units as many symbols come back of 8 as of 20: about four.",
        "length_curve",
        lambda result: (
            3 < recovered(result, 16, 20) < 6
            and abs(recovered(result, 16, 20) - recovered(result, 16, 8)) < 1.5
        ),
    ),
    Claim(
        2,
        "With 32 units about 7 of 20 symbols come back, with 64 units about 14.",
        "length_curve",
        lambda result: 5 < recovered(result, 32, 20) < 9 and 12 < recovered(result, 64, 20) < 18,
    ),
    Claim(
        2,
        "Wider vectors translate longer sentences.",
        "length_curve",
        lambda result: grows([translated(result, width, 12) for width in WIDTHS], 0.05),
    ),
    Claim(
        2,
        "No sentence of 20 words is right at any width.",
        "length_curve",
        lambda result: all(translated(result, width, 20, "exact_match") < 0.02 for width in WIDTHS),
    ),
    Claim(
        2,
        "64 units still learn to copy 20 symbols after 10,000 steps, and are not done after 20,000.",
        "training_curve",
        lambda result: (
            patience(result, 20_000) - patience(result, 10_000) > 0.1 and patience(result, 20_000) < 0.95
        ),
    ),
    Claim(
        2,
        "The same vector is worth more when the decoder sees it at every step.",
        "translation_length",
        lambda result: (
            translated_from(result, "at every step", 12) - translated_from(result, "given once", 12) > 0.08
        ),
    ),
    Claim(
        2,
        "On copy, reading the source backward wins and keeps its lead.",
        "reversal",
        lambda result: reversal_gain(result, "copy", 500) > 0.1 and reversal_gain(result, "copy") > 0.04,
    ),
    Claim(
        2,
        "On translation it is a head start, of which nothing is left at the end.",
        "reversal",
        lambda result: (
            reversal_gain(result, "translation", 500) > 0.04
            and abs(reversal_gain(result, "translation")) < 0.04
        ),
    ),
]
