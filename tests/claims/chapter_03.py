"""Claims of chapter 3, on gradients that vanish."""

from tests.claims.claim import Claim, Result, mean


def tanh_network(result: Result, when: str, figure: str) -> float:
    return mean(result, "RNN", f"{when}_spectrum", figure)


def orders_of_magnitude(result: Result, when: str, lag: int) -> float:
    return mean(result, "RNN", f"{when}_states", "hidden", lag)


CLAIMS = [
    Claim(
        3,
        "After 1,000 steps on rows of 30 a tanh network is at chance.",
        "gradient_reach",
        lambda result: mean(result, "RNN", "curve", "token_accuracy", 1000) < 0.15,
    ),
    Claim(
        3,
        "Training raises the largest singular value and the spectral radius far above one.",
        "gradient_reach",
        lambda result: (
            tanh_network(result, "start", "spectral_radius") < 0.8
            and tanh_network(result, "trained", "spectral_radius") > 1.3
            and tanh_network(result, "trained", "largest_singular_value") > 1.5
        ),
    ),
    Claim(
        3,
        "And yet gradients reach less far than before, for the units are saturated.",
        "gradient_reach",
        lambda result: (
            orders_of_magnitude(result, "trained", 30) < orders_of_magnitude(result, "start", 30) - 3
            and tanh_network(result, "trained", "mean_tanh_slope")
            < tanh_network(result, "start", "mean_tanh_slope") - 0.2
        ),
    ),
]
