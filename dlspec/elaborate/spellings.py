"""What PyTorch and Keras call arguments that have another name here, or none."""

from __future__ import annotations

from collections.abc import Collection

from dlspec import ops
from dlspec.diagnostics import nearest

NAMES = {
    "dilation_rate": "dilation",
    "dim": "axis",
    "divisor_override": "divisor",
    "embedding_dim": "dim",
    "epsilon": "eps",
    "filters": "channels",
    "hidden_size": "units",
    "is_causal": "causal",
    "key_dim": "features",
    "kernel_initializer": "init",
    "kernel_size": "kernel",
    "learning_rate": "lr",
    "negative_slope": "slope",
    "num_embeddings": "count",
    "num_groups": "groups",
    "num_heads": "heads",
    "num_key_value_heads": "kv_heads",
    "num_layers": "layers",
    "out_channels": "channels",
    "out_features": "units",
    "output_dim": "dim",
    "p": "rate",
    "pool_size": "kernel",
    "scale_factor": "factor",
    "track_running_stats": "running_stats",
    "use_bias": "bias",
    "use_causal_mask": "causal",
    "use_gate": "gate",
    "value_dim": "value_features",
}
"""Names of theirs -> ours, of the same meaning."""

ARRIVES = "leave it out: the size is that of what arrives"
INSTEAD = {
    "batch_first": "leave it out: the axis of the batch is never written",
    "bidirectional": "write `Bi{owner}`, which reads both ways",
    "data_format": "leave it out: each backend keeps images as it does best",
    "in_channels": ARRIVES,
    "in_features": ARRIVES,
    "input_shape": ARRIVES,
    "input_size": ARRIVES,
    "name": "write the name behind the layer: `{owner}(...) as name`",
    "return_indices": "write `return=(values, places)`",
    "return_sequences": "write `return=all`",
    "return_state": "write `return=state`",
}
"""Names of theirs that no layer here has -> what to write."""


def suggested(name: str, known: Collection[str]) -> str | None:
    """The argument that an unknown name most likely means."""
    ours = NAMES.get(name)
    return ours if ours in known else nearest(name, known)


def instead(name: str, owner: str, known: Collection[str]) -> str:
    """What stands for an argument that a layer does not have, if that is another thing."""
    if name.startswith("return_") and "return" not in known:
        return ""
    if name == "bidirectional" and ops.lookup(f"Bi{owner}") is None:
        return ""
    return INSTEAD.get(name, "").format(owner=owner) if ops.lookup(owner) is not None else ""
