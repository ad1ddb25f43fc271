"""Every model that the switches of the decoders can make, as options of ``build``."""

import itertools

SWITCHES = [
    {
        "score": score,
        "query": query,
        "tanh_layer": tanh_layer,
        "input_feeding": input_feeding,
        "last_state_control": control,
    }
    for score, query, tanh_layer, input_feeding, control in itertools.product(
        ("dot", "general", "concat", "additive"), ("current", "previous"), *[(True, False)] * 3
    )
]
DECODERS = [{"context": "start"}, {"context": "every"}] + [{"attention": switches} for switches in SWITCHES]
COMBINATIONS = [
    {"kind": kind, "bidirectional": bidirectional, **decoder}
    for kind, bidirectional, decoder in itertools.product(("rnn", "lstm", "gru"), (False, True), DECODERS)
]
