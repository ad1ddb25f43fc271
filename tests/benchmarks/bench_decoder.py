"""What teacher forcing costs: all look-ups in one product against the loop, and what each switch adds."""

from collections.abc import Callable

import torch

from tests.benchmarks.bench_attention import Row, ratio
from whyattention.seq2seq import build, step_by_step
from whyattention.training import set_seed

# Batch, words on each side, embedding width, hidden width, vocabulary.
SIZES = [(64, 10, 32, 64, 60), (64, 40, 64, 128, 500)]


def training_step(
    batch: int,
    steps: int,
    embedding: int,
    hidden: int,
    words: int,
    attention: dict[str, str | bool] | None,
    plain_loop: bool = False,
) -> Callable[[], None]:
    """Return a function that decodes under teacher forcing, forward and backward; the encoder stays out."""
    decoder = build(words, words, "gru", hidden, embedding, attention=attention).decoder
    states = torch.randn(batch, steps, hidden, requires_grad=True)
    mask = torch.arange(steps) < torch.randint(steps // 2, steps + 1, (batch, 1))
    inputs = torch.randint(words, (batch, steps))
    upstream = torch.randn(batch, steps, words)

    def run() -> None:
        start = decoder.start(states, mask, (states[:, -1],))
        logits = (step_by_step(decoder, start, inputs) if plain_loop else decoder(start, inputs)).logits
        torch.autograd.grad(logits, [states, *decoder.parameters()], upstream, allow_unused=True)

    return run


def rows() -> list[Row]:
    """Return what was measured, on one thread, in float32, forward and backward together."""
    set_seed(0)
    result = []
    for size in SIZES:
        batch, steps, embedding, hidden, words = size
        name = f"B={batch} S=T={steps} E={embedding} H={hidden} V={words}"
        one_product = training_step(*size, {"input_feeding": False})
        loop = training_step(*size, {"input_feeding": False}, plain_loop=True)
        feeding = training_step(*size, {"input_feeding": True})
        none = training_step(*size, None)
        result += [
            (f"attention decoder, loop / one product, {name}", ratio(loop, one_product)),
            (f"attention decoder, feeding / one product, {name}", ratio(feeding, one_product)),
            (f"attention decoder, one product / no attention, {name}", ratio(one_product, none)),
        ]
    return result


if __name__ == "__main__":
    for what, figure in rows():
        print(f"{what:85}  {figure}")
