"""Folders of pictures."""

from pathlib import Path

import numpy as np
from PIL import Image

from dlspec.programs.verbatim.rows import DataError
from dlspec.programs.verbatim.transforms import resize

SUFFIXES = {
    ".bmp",
    ".gif",
    ".jpeg",
    ".jpg",
    ".pgm",
    ".png",
    ".ppm",
    ".tif",
    ".tiff",
    ".webp",
}


def pictures_below(folder: Path) -> list[Path]:
    """Every picture in a folder and in those in it, sorted."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    found = [
        p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()
    ]
    if not found:
        raise DataError(f"{folder} holds no pictures")
    return sorted(found, key=lambda p: p.relative_to(folder).as_posix())


def read_picture(path: Path, channels: int) -> np.ndarray:
    """A picture [C, H, W] in 0…1: RGB, or grey for one channel."""
    try:
        with Image.open(path) as picture:
            values = np.asarray(picture.convert("RGB" if channels == 3 else "L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is not a readable picture: {error}") from error
    values = values.reshape(*values.shape[:2], channels).transpose(2, 0, 1)
    return values.astype(np.float32) / 255


def read_pictures(
    paths: list[Path], channels: int, size: tuple[int, int]
) -> np.ndarray:
    """Pictures [N, C, H, W] in 0…1, all resized to (H, W)."""
    out = np.empty((len(paths), channels, *size), np.float32)
    for i, path in enumerate(paths):
        out[i] = resize(read_picture(path, channels), size)
    return out
