"""Right and wrong answers to the exercises of chapters 1 to 3, as learners write them."""

import math

import torch
from torch.nn import functional

from tests.exercise_collector import right, wrong

# ------------------------------------------------------------------------------------------ decoder_inputs


@right("decoder_inputs")
def by_a_new_tensor(target):
    inputs = torch.zeros_like(target)
    inputs[:, 0] = 1
    inputs[:, 1:] = target[:, :-1]
    inputs[inputs == 2] = 0
    return inputs


@right("decoder_inputs")
def by_loops(target):
    rows = []
    for row in target.tolist():
        words = [word for word in row if word not in (0, 2)]
        rows.append(([1, *words] + [0] * len(row))[: len(row)])
    return torch.tensor(rows)


@wrong("decoder_inputs", "wrong numbers", "not shifted")
def reads_what_it_predicts(target):
    return target.clone()


@wrong("decoder_inputs", "wrong shape")
def is_one_step_longer(target):
    return functional.pad(target, (1, 0), value=1)


@wrong("decoder_inputs", "wrong numbers", "end is read")
def reads_the_end(target):
    return functional.pad(target, (1, 0), value=1)[:, :-1]


@wrong("decoder_inputs", "wrong dtype", "result dtype")
def reads_floats(target):
    return by_a_new_tensor(target).float()


@wrong("decoder_inputs", "modified")
def writes_into_the_targets(target):
    answer = by_a_new_tensor(target)
    target[:, 0] = 1
    return answer


# ----------------------------------------------------------------------------------------- context_vectors


@right("context_vectors")
def by_gather(states, lengths):
    index = (lengths - 1)[:, None, None].expand(-1, 1, states.size(2))
    return states.gather(1, index).squeeze(1)


@right("context_vectors")
def one_by_one(states, lengths):
    return torch.stack([row[length - 1] for row, length in zip(states, lengths, strict=True)])


@wrong("context_vectors", "wrong numbers", "padding is last")
def takes_the_last_column(states, lengths):
    return states[:, -1]


@wrong("context_vectors", "stopped", "look at the line")
def counts_from_one(states, lengths):
    return states[torch.arange(len(states)), lengths]


@wrong("context_vectors", "wrong shape")
def indexes_without_rows(states, lengths):
    return states[:, lengths - 1]


# --------------------------------------------------------------------------------------- masked_token_loss


@right("masked_token_loss")
def by_cross_entropy(logits, target):
    return functional.cross_entropy(logits.transpose(1, 2), target, ignore_index=0)


@right("masked_token_loss")
def by_logsumexp(logits, target):
    losses = logits.logsumexp(-1) - logits.gather(-1, target[..., None])[..., 0]
    words = target != 0
    return losses.where(words, torch.tensor(0.0)).sum() / words.sum()


@wrong("masked_token_loss", "wrong numbers", "padding counted")
def counts_padding(logits, target):
    return functional.cross_entropy(logits.transpose(1, 2), target)


@wrong("masked_token_loss", "not finite", "overflow")
def overflows(logits, target):
    p = logits.exp() / logits.exp().sum(-1, keepdim=True)
    return -p.gather(-1, target[..., None])[..., 0].log()[target != 0].mean()


@wrong("masked_token_loss", "not a tensor", "return tensors")
def returns_a_number(logits, target):
    return by_cross_entropy(logits, target).item()


@wrong("masked_token_loss", "wrong shape")
def returns_all_losses(logits, target):
    return functional.cross_entropy(logits.transpose(1, 2), target, ignore_index=0, reduction="none")


# ------------------------------------------------------------------------------------------ token_accuracy


@right("token_accuracy")
def by_counting(said, expected):
    count = total = 0
    for row, truth in zip(said.tolist(), expected.tolist(), strict=True):
        pairs = [(a, b) for a, b in zip(row, truth, strict=True) if a or b]
        count += sum(a == b for a, b in pairs)
        total += len(pairs)
    return torch.tensor(count / total)


@right("token_accuracy")
def by_the_longer_length(said, expected):
    lengths = torch.maximum((said > 0).sum(1), (expected > 0).sum(1))
    return ((said == expected) & (said > 0)).sum() / lengths.sum()


@wrong("token_accuracy", "wrong numbers", "one too many said")
def looks_at_expected_words_only(said, expected):
    words = expected != 0
    return (said == expected)[words].float().mean()


@wrong("token_accuracy", "wrong dtype", "result dtype")
def counts_only(said, expected):
    return ((said == expected) & (said > 0)).sum()


# ----------------------------------------------------------------------------------------- reverse_sources


@right("reverse_sources")
def row_by_row(source, lengths):
    reversed_ = source.clone()
    for row, length in zip(reversed_, lengths.tolist(), strict=True):
        row[:length] = row[:length].flip(0)
    return reversed_


@right("reverse_sources")
def by_sorting(source, lengths):
    steps = torch.arange(source.size(1))
    keys = torch.where(steps < lengths[:, None], -steps, steps)
    return source.gather(1, keys.argsort(dim=1, stable=True))


@wrong("reverse_sources", "wrong numbers", "padding first")
def flips_everything(source, lengths):
    return source.flip(1)


@wrong("reverse_sources", "modified")
def reverses_in_place(source, lengths):
    for row, length in zip(source, lengths.tolist(), strict=True):
        row[:length] = row[:length].flip(0)
    return source


# ------------------------------------------------------------------------------------------ bits_recovered


@right("bits_recovered")
def with_a_little_room(accuracy, alphabet):
    p = accuracy.double().clamp(1e-15, 1 - 1e-15)
    wrong = (1 - p) * ((1 - p) / (alphabet - 1)).log2()
    return (alphabet.log2() + p * p.log2() + wrong).sum().float()


@right("bits_recovered")
def position_by_position(accuracy, alphabet):
    total, V = 0.0, alphabet.item()
    for p in accuracy.tolist():
        total += math.log2(V)
        total += p * math.log2(p) if p > 0 else 0
        total += (1 - p) * math.log2((1 - p) / (V - 1)) if p < 1 else 0
    return torch.tensor(total)


@wrong("bits_recovered", "not finite", "zero log zero")
def is_not_a_number_at_one(accuracy, alphabet):
    p, V = accuracy, alphabet
    return (V.log2() + p * p.log2() + (1 - p) * ((1 - p) / (V - 1)).log2()).sum()


@wrong("bits_recovered", "wrong numbers", "share of bits")
def counts_right_guesses(accuracy, alphabet):
    return accuracy.sum() * alphabet.log2()


# -------------------------------------------------------------------------------------------- rnn_jacobian


@right("rnn_jacobian")
def with_a_diagonal_matrix(hidden_weight, state):
    return torch.diag(1 - state**2) @ hidden_weight


@right("rnn_jacobian")
def by_autograd(hidden_weight, state):
    sums = torch.atanh(state)  # W x + U h + b of this step; only its change by h matters

    def step(h):
        return torch.tanh(sums + hidden_weight @ h)

    return torch.autograd.functional.jacobian(step, torch.zeros_like(state))


@wrong("rnn_jacobian", "wrong numbers", "columns scaled")
def scales_columns(hidden_weight, state):
    return hidden_weight @ torch.diag(1 - state**2)


@wrong("rnn_jacobian", "wrong numbers", "tanh twice")
def takes_tanh_again(hidden_weight, state):
    return torch.diag(1 - state.tanh() ** 2) @ hidden_weight


# ------------------------------------------------------------------------------------------------- clipped


@right("clipped")
def by_the_smaller_factor(gradient, limit):
    return gradient * torch.clamp(limit / gradient.norm(), max=1.0)


@right("clipped")
def as_pytorch_does(gradient, limit):
    weight = torch.nn.Parameter(torch.zeros_like(gradient))
    weight.grad = gradient.clone()
    torch.nn.utils.clip_grad_norm_([weight], limit.item())
    return weight.grad


@wrong("clipped", "wrong numbers", "each by itself")
def clamps(gradient, limit):
    return gradient.clamp(-limit, limit)


@wrong("clipped", "not finite", "zero gradient")
def divides_by_zero(gradient, limit):
    norm = gradient.norm()
    return gradient * limit / norm if norm > limit else gradient * norm / norm


@wrong("clipped", "modified")
def clips_in_place(gradient, limit):
    norm = gradient.norm()
    if norm > limit:
        gradient *= limit / norm
    return gradient


# ----------------------------------------------------------------------------------- backward_through_time


@right("backward_through_time")
def by_products_of_jacobians(hidden_weight, states, gradient):
    product, rows = torch.eye(len(gradient)), [gradient]
    for state in states.flip(0)[:-1]:
        product = product @ (torch.diag(1 - state**2) @ hidden_weight)
        rows.insert(0, product.T @ gradient)
    return torch.stack(rows)


@right("backward_through_time")
def into_a_new_tensor(hidden_weight, states, gradient):
    rows = torch.empty_like(states)
    rows[-1] = gradient
    for t in range(len(states) - 1, 0, -1):
        rows[t - 1] = (rows[t] * (1 - states[t] ** 2)) @ hidden_weight
    return rows


@wrong("backward_through_time", "wrong numbers", "no slope")
def forgets_the_slope(hidden_weight, states, gradient):
    rows = [gradient]
    for _ in states[1:]:
        rows.insert(0, hidden_weight.T @ rows[0])
    return torch.stack(rows)


@wrong("backward_through_time", "wrong numbers", "slope of the one before")
def takes_the_slope_of_the_state_it_arrives_at(hidden_weight, states, gradient):
    rows = [gradient]
    for state in states[:-1].flip(0):
        rows.insert(0, hidden_weight.T @ ((1 - state**2) * rows[0]))
    return torch.stack(rows)


@wrong("backward_through_time", "wrong shape")
def leaves_out_the_last_row(hidden_weight, states, gradient):
    return into_a_new_tensor(hidden_weight, states, gradient)[:-1]
