"""What the readable `attend` costs beside PyTorch's fused attention, forward and backward, as ratios."""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from whyattention.attention import attend, scaled_dot_score
from whyattention.training import set_seed

Row = tuple[str, str]

# Batch, queries, keys, width: a decoding step, a sentence, a long sentence, self-attention over a page.
SIZES = [(64, 1, 20, 64), (64, 20, 20, 64), (16, 100, 100, 64), (2, 512, 512, 64)]
ROUNDS = 30
SAMPLE_SECONDS = 0.01


def ours(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """Attend with this book's library; the weights, which PyTorch's function keeps to itself, come on top."""
    return attend(query, keys, values, mask, score=scaled_dot_score)[0]


def theirs(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """Attend with PyTorch's fused function."""
    return scaled_dot_product_attention(query, keys, values, attn_mask=mask)


def seconds(run: Callable[[], object], repeats: int) -> float:
    """Return the seconds that one of several runs takes."""
    begin = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - begin) / repeats


def ratio(run: Callable[[], object], baseline: Callable[[], object]) -> str:
    """Time both in turn, so that what else the machine does meets both; return median and quartiles."""
    seconds(run, 3)
    repeats = max(1, round(SAMPLE_SECONDS / seconds(baseline, 3)))
    ratios = []
    for number in range(ROUNDS):
        if number % 2:  # neither always goes first
            first = seconds(run, repeats)
            ratios.append(first / seconds(baseline, repeats))
        else:
            first = seconds(baseline, repeats)
            ratios.append(seconds(run, repeats) / first)
    low, median, high = statistics.quantiles(ratios, n=4)
    return f"{median:.2f} × (quartiles {low:.2f}–{high:.2f})"


def measure(batch: int, queries: int, keys: int, width: int) -> tuple[str, str]:
    """Return the ratios of a forward pass without gradients, and of the backward pass alone."""
    # One head: PyTorch takes its fused kernel only where there is a dimension for heads.
    inputs = [torch.randn(batch, 1, steps, width, requires_grad=True) for steps in (queries, keys, keys)]
    lengths = torch.randint(keys // 2, keys + 1, (batch, 1, 1, 1))
    mask = (torch.arange(keys) < lengths).expand(batch, 1, queries, keys)
    our_value, their_value = ours(*inputs, mask), theirs(*inputs, mask)
    torch.testing.assert_close(our_value, their_value)
    upstream = torch.randn_like(our_value)

    def pull_back(value: Tensor) -> None:
        torch.autograd.grad(value, inputs, upstream, retain_graph=True)

    with torch.no_grad():
        forward = ratio(lambda: ours(*inputs, mask), lambda: theirs(*inputs, mask))
    return forward, ratio(lambda: pull_back(our_value), lambda: pull_back(their_value))


def rows() -> list[Row]:
    """Return what was measured, on one thread, in float32."""
    set_seed(0)
    result = []
    for batch, queries, keys, width in SIZES:
        name = f"attend / PyTorch's, B={batch} T={queries} S={keys} D={width}"
        forward, backward = measure(batch, queries, keys, width)
        result += [(f"{name}, forward", forward), (f"{name}, backward", backward)]
    return result


if __name__ == "__main__":
    for what, figure in rows():
        print(f"{what:60}  {figure}")
