"""What the readable cells cost beside PyTorch's modules and beside a textbook loop, as ratios."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tests.benchmarks.bench_attention import Row, ratio
from whyattention.cells import GRUCell, LSTMCell, RNNCell
from whyattention.recurrent import Recurrent
from whyattention.training import set_seed

# Steps, batch, input width, hidden width.
SIZES = [(20, 64, 32, 64), (50, 64, 64, 128), (100, 32, 128, 256)]


class TextbookLSTM(nn.Module):
    """The loop of many tutorials: one product per gate, with the input inside of the loop."""

    def __init__(self, input_width: int, hidden_width: int) -> None:
        super().__init__()
        self.hidden_width = hidden_width
        self.gates = nn.ModuleList(nn.Linear(input_width + hidden_width, hidden_width) for _ in range(4))

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the outputs, of shape (batch, steps, hidden_width), and the last of them."""
        h = c = inputs.new_zeros(inputs.size(0), self.hidden_width)
        outputs = []
        for x in inputs.unbind(1):
            i, f, g, o = (gate(torch.cat([x, h], dim=1)) for gate in self.gates)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        return torch.stack(outputs, dim=1), h


def training_step(network: nn.Module, inputs: Tensor, upstream: Tensor) -> Callable[[], None]:
    """Return a function that runs a network forward and backward."""
    parameters = list(network.parameters())

    def run() -> None:
        torch.autograd.grad(network(inputs)[0], parameters, upstream)

    return run


def rows() -> list[Row]:
    """Return what was measured, on one thread, in float32, forward and backward together."""
    set_seed(0)
    result = []
    for steps, batch, width, hidden in SIZES:
        size = f"T={steps} B={batch} E={width} H={hidden}"
        inputs, upstream = torch.randn(batch, steps, width), torch.randn(batch, steps, hidden)

        def run(network: nn.Module, inputs: Tensor = inputs, upstream: Tensor = upstream):
            return training_step(network, inputs, upstream)

        for cell, module in ((LSTMCell, nn.LSTM), (GRUCell, nn.GRU), (RNNCell, nn.RNN)):
            ours, theirs = Recurrent(cell(width, hidden)), module(width, hidden, batch_first=True)
            result.append((f"{cell.__name__} unrolled / PyTorch's, {size}", ratio(run(ours), run(theirs))))
        textbook, lstm = TextbookLSTM(width, hidden), nn.LSTM(width, hidden, batch_first=True)
        result.append((f"textbook LSTM loop / PyTorch's, {size}", ratio(run(textbook), run(lstm))))
    return result


if __name__ == "__main__":
    for what, figure in rows():
        print(f"{what:60}  {figure}")
