"""Claims of chapter 4, on the LSTM."""

from tests.claims.chapter_03 import orders_of_magnitude
from tests.claims.claim import Claim, Result, mean


def lstm_reach(result: Result, label: str, when: str, lag: int) -> float:
    return mean(result, label, f"{when}_states", "cell", lag)


def learned_to_add(result: Result, label: str, length: int) -> float:
    return mean(result, f"{label}, L = {length}", "final", "accuracy")


def with_forget_bias(result: Result, task: str, bias: str, length: int) -> float:
    figure = {"first symbol": "token_accuracy", "adding": "accuracy"}[task]
    return mean(result, f"{task}, bias {bias}, L = {length}", "final", figure)


CLAIMS = [
    Claim(
        4,
        "At the start the default LSTM keeps 10^-6 over 30 steps, and with a forget bias of ln 30 about 1.",
        "gradient_reach",
        lambda result: (
            lstm_reach(result, "LSTM", "start", 30) < -5
            and abs(lstm_reach(result, "LSTM, forget bias ln 30", "start", 30)) < 1
        ),
    ),
    Claim(
        4,
        "On rows of 30 the LSTM with bias ln 30 recalls every symbol, the default one is at chance.",
        "gradient_reach",
        lambda result: (
            mean(result, "LSTM, forget bias ln 30", "curve", "token_accuracy", 1000) > 0.95
            and mean(result, "LSTM", "curve", "token_accuracy", 1000) < 0.15
        ),
    ),
    Claim(
        4,
        "Training lengthens an LSTM's reach, and shortens that of the tanh network.",
        "gradient_reach",
        lambda result: (
            lstm_reach(result, "LSTM", "trained", 30) > lstm_reach(result, "LSTM", "start", 30) + 3
            and orders_of_magnitude(result, "trained", 30) < orders_of_magnitude(result, "start", 30) - 3
        ),
    ),
    Claim(
        4,
        "The adding problem: with bias ln L the LSTM solves it, with bias 1 it stays at chance like the RNN.",
        "adding_problem",
        lambda result: all(
            learned_to_add(result, f"LSTM, forget bias ln {length}", length) > 0.95
            and learned_to_add(result, "LSTM, forget bias 1", length) < 0.2
            and learned_to_add(result, "RNN", length) < 0.2
            for length in (50, 100)
        ),
    ),
    Claim(
        4,
        "With 100 steps the LSTM with bias ln 100 stays at chance for 1,500 steps before it learns.",
        "adding_problem",
        lambda result: (
            mean(result, "LSTM, forget bias ln 100, L = 100", "curve", "accuracy", 1500) < 0.2
            and mean(result, "LSTM, forget bias ln 100, L = 100", "curve", "accuracy", 4000) > 0.95
        ),
    ),
    Claim(
        4,
        "At L = 20 the adding problem is learned from every bias; the first symbol surely from 2 on.",
        "forget_bias",
        lambda result: (
            all(with_forget_bias(result, "adding", bias, 20) > 0.9 for bias in ("0", "1", "2", "ln 20"))
            and all(with_forget_bias(result, "first symbol", bias, 20) > 0.97 for bias in ("2", "ln 20"))
            and with_forget_bias(result, "first symbol", "0", 20) < 0.5
            and with_forget_bias(result, "first symbol", "1", 20) < 0.95
        ),
    ),
    Claim(
        4,
        "At L = 50 bias 1 fails at both tasks, bias 2 solves only the adding problem, ln 50 does both.",
        "forget_bias",
        lambda result: (
            with_forget_bias(result, "first symbol", "1", 50) < 0.15
            and with_forget_bias(result, "adding", "1", 50) < 0.2
            and with_forget_bias(result, "first symbol", "2", 50) < 0.15
            and with_forget_bias(result, "adding", "2", 50) > 0.9
            and with_forget_bias(result, "first symbol", "ln 50", 50) > 0.85
            and with_forget_bias(result, "adding", "ln 50", 50) > 0.9
        ),
    ),
    Claim(
        4,
        "At L = 100 nothing but ln 100 leaves chance.",
        "forget_bias",
        lambda result: all(
            (with_forget_bias(result, task, bias, 100) > 0.85) == (bias == "ln 100")
            and (bias == "ln 100" or with_forget_bias(result, task, bias, 100) < 0.2)
            for task in ("first symbol", "adding")
            for bias in ("0", "1", "2", "ln 100")
        ),
    ),
]
