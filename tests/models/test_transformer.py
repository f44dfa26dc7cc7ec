"""`std.transformer`, against PyTorch's own layers and published counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlspec

torch = pytest.importorskip("torch")

COUNTS = {
    "EncoderLayer(8, 2048)": 3_152_384,
    "PostEncoderLayer(8, 2048)": 3_152_384,
    "DecoderLayer(8, 2048)": 4_204_032,
    "PostDecoderLayer(8, 2048)": 4_204_032,
}
"""The parameters of PyTorch's TransformerEncoderLayer(512, 8) and TransformerDecoderLayer."""
NAMES = {"query": 0, "key": 1, "value": 2}


def build(folder: Path, layer: str, dim: int) -> Any:
    """A model of one layer of the library."""
    name = layer.partition("(")[0]
    given = "(x, memory=y)" if "Decoder" in name else "x"
    path = folder / "spec.dls"
    path.write_text(
        f"from std.transformer import {name}\n"
        f"model M {{ input x: f32[7, {dim}]; input y: f32[5, {dim}]\n"
        f"output out = {given} -> {layer}; output other = y }}"
    )
    return dlspec.load(path).build()


@pytest.mark.parametrize("layer", COUNTS)
def test_a_layer_has_the_parameters_of_pytorch(layer: str, tmp_path: Path) -> None:
    net = build(tmp_path, layer, 512)
    assert sum(p.numel() for p in net.parameters()) == COUNTS[layer]


def put(theirs: Any, ours: Any) -> None:
    """Our projections of q, k and v stand in one matrix there."""
    for kind in ("weight", "bias"):
        whole = torch.cat([getattr(getattr(ours, n), kind) for n in NAMES])
        getattr(theirs, f"in_proj_{kind}").data.copy_(whole)
        getattr(theirs.out_proj, kind).data.copy_(getattr(ours.out, kind))


@pytest.mark.parametrize("layer", [name.replace("8, 2048", "2, 9") for name in COUNTS])
def test_a_layer_computes_what_that_of_pytorch_computes(layer: str, tmp_path: Path) -> None:
    net = build(tmp_path, layer, 6).eval()
    for p in net.parameters():
        p.data.uniform_(-1, 1)
    (ours,) = net.children()
    decoder = "Decoder" in layer
    kind = torch.nn.TransformerDecoderLayer if decoder else torch.nn.TransformerEncoderLayer
    theirs = kind(6, 2, 9, 0.0, "gelu", batch_first=True, norm_first="Post" not in layer).eval()
    put(theirs.self_attn, ours.multi_head_attention)
    if decoder:
        put(theirs.multihead_attn, ours.multi_head_attention_2)
    norms = ("norm", "norm_2", "norm_3")[: 2 + decoder]
    pairs = [*((f"norm{i}", n) for i, n in enumerate(norms, start=1))]
    pairs += [("linear1", "feed_forward.dense"), ("linear2", "feed_forward.dense_2")]
    for there, here in pairs:
        theirs.get_submodule(there).load_state_dict(ours.get_submodule(here).state_dict())
    x, y = torch.randn(3, 7, 6), torch.randn(3, 5, 6)
    causal = torch.nn.Transformer.generate_square_subsequent_mask(7)
    expected = theirs(x, y, tgt_mask=causal) if decoder else theirs(x)
    found = net(x, y)["out"]
    np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-4, atol=1e-5)


def test_layers_of_llama_make_the_published_count(tmp_path: Path) -> None:
    (tmp_path / "spec.dls").write_text(
        "from std.transformer import LlamaLayer\n"
        "model M { input t: i32[9]; output y = t -> Embedding(1000, 256)\n"
        "-> LlamaLayer(8, 688, 4) * 4 -> RMSNorm(eps=1e-6) -> Dense(1000, bias=false) }"
    )
    net = dlspec.load(tmp_path / "spec.dls").build()
    assert sum(p.numel() for p in net.parameters()) == 3_414_272


def test_sinusoids_are_those_of_the_paper(tmp_path: Path) -> None:
    (tmp_path / "spec.dls").write_text(
        "from std.transformer import SinusoidalPositions\n"
        "model M { input x: f32[9, 6]; output y = x -> SinusoidalPositions }"
    )
    found = dlspec.load(tmp_path / "spec.dls").build()(torch.zeros(1, 9, 6))[0]
    for t in range(9):
        for i in range(3):
            angle = t / 10000 ** (2 * i / 6)
            pair = [np.sin(angle), np.cos(angle)]
            np.testing.assert_allclose(found[t, 2 * i : 2 * i + 2], pair, atol=1e-6)
