"""Folders of pictures."""

from pathlib import Path

import numpy as np
from PIL import Image

from dlspec.programs.verbatim.rows import DataError

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
        with Image.open(path) as opened:
            values = np.asarray(opened.convert("RGB" if channels == 3 else "L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is not a readable picture: {error}") from error
    values = values.reshape(*values.shape[:2], channels).transpose(2, 0, 1)
    return values.astype(np.float32) / 255


def sized(values: np.ndarray, shape: tuple[int, ...], path: Path) -> np.ndarray:
    """The same picture, if it has the shape that the spec says."""
    if values.shape != shape:
        height, width = values.shape[1:]
        message = (
            f"{path} is {height} by {width}, the spec says {shape[1]} by {shape[2]}"
        )
        raise DataError(message)
    return values


def folders(paths: list[Path], root: Path) -> np.ndarray:
    """The name of the folder, directly below `root`, in which each picture lies."""
    for path in paths:
        if path.parent == root:
            raise DataError(f"{path} lies in no folder that says its label")
    return np.array([path.relative_to(root).parts[0] for path in paths])
