"""Settings with which published models learn something in seconds."""

from pathlib import Path

SPECS = Path(__file__).parents[2] / "specs" / "models"
SMALL: dict[str, tuple[str, ...]] = {
    "densenet121": ("DenseNet121.depths=[1, 2]", "DenseNet121.growth=4"),
    "llama": ("Llama.dim=16", "Llama.groups=2", "Llama.heads=4", "Llama.hidden=24"),
    "mobilenet_v3_small": (),
    "resnet50": ("ResNet50.depths=[1, 2]", "ResNet50.width=4"),
    "vit": ("ViT.dim=16", "ViT.depth=2", "ViT.heads=2", "ViT.patch=56"),
}
