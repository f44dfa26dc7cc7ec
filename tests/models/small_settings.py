"""Settings with which published models learn something in seconds."""

from pathlib import Path

import numpy as np

SPECS = Path(__file__).parents[2] / "specs" / "models"
TEXT = ("vocab=50", "context=16")


def speech(rows: int) -> dict[str, np.ndarray]:
    """Spectra in which letters are loud bands, with their texts and the lengths of both."""
    rng = np.random.default_rng(1)
    letters = rng.integers(2, 6, rows)
    text = rng.integers(1, 29, (rows, 6))
    text[np.arange(6) >= letters[:, None]] = 0
    frames = 6 * letters + rng.integers(1, 6, rows)
    audio = rng.normal(0, 0.1, (rows, 1, 80, 40)).astype("float32")
    for row, at in np.argwhere(text):
        audio[row, 0, 2 * text[row, at], 6 * at : 6 * at + 5] += 1
    return {"audio": audio, "audio_lengths": frames, "text": text, "text_lengths": letters}


SMALL: dict[str, tuple[str, ...]] = {
    "bert": (*TEXT, "Bert.dim=16", "Bert.heads=2", "Bert.depth=2"),
    "ctc": ("DeepSpeech.dim=8", "DeepSpeech.depth=2"),
    "ddpm": ("UNet.ch=32", "UNet.mult=[1, 2]", "UNet.repeats=1"),
    "densenet121": ("DenseNet121.depths=[1, 2]", "DenseNet121.growth=4"),
    "detector": ("side=64", "classes=5", "most=3", "CenterNet.keep=4"),
    "distill": ("size=32",),
    "finetune": ("depth=2", "Reviews.dim=16", "Reviews.heads=2"),
    "forecast": ("past=24", "ahead=8"),
    "gpt2": (*TEXT, "GPT2.dim=16", "GPT2.heads=2", "GPT2.depth=2"),
    "llama": (*TEXT, "Llama.dim=16", "Llama.groups=2", "Llama.heads=4", "Llama.hidden=24"),
    "lstm_lm": (*TEXT, "WordLM.dim=8", "batch=4"),
    "mobilenet_v3_small": (),
    "moe": (
        *TEXT,
        "MoE.dim=16",
        "MoE.heads=2",
        "MoE.hidden=24",
        "MoE.depth=2",
        "Mixture.experts=4",
    ),
    "resnet50": ("ResNet50.depths=[1, 2]", "ResNet50.width=4"),
    "seq2seq": (*TEXT, "RNNsearch.dim=8", "RNNsearch.embed=6", "RNNsearch.out=4"),
    "t5": (*TEXT, "T5.dim=16", "T5.heads=2", "T5.hidden=24", "T5.depth=2"),
    "triplet": ("Embedder.dim=4",),
    "unet": ("UNet.widths=[4, 8]",),
    "wide_deep": (),
    "vit": ("ViT.dim=16", "ViT.depth=2", "ViT.heads=2", "ViT.patch=56"),
    "wgan_gp": ("Generator.dim=4", "Critic.dim=4"),
}
