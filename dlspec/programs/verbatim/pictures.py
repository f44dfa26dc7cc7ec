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
        height, width = values.shape[-2:]
        message = (
            f"{path} is {height} by {width}, the spec says {shape[-2]} by {shape[-1]}"
        )
        raise DataError(message)
    return values


def masks_of(paths: list[Path], root: Path, folder: Path) -> list[Path]:
    """For each picture below `root` the one in `folder` that lies there likewise."""
    found = {p.relative_to(folder).with_suffix(""): p for p in pictures_below(folder)}
    names = [path.relative_to(root).with_suffix("") for path in paths]
    for path, name in zip(paths, names, strict=True):
        if name not in found:
            raise DataError(f"{folder} holds no mask of {path}")
    return [found[name] for name in names]


def read_mask(path: Path, classes: int, void: int | None = None) -> np.ndarray:
    """The class [H, W] of each pixel of a file of grey or of a palette, or `void`."""
    try:
        with Image.open(path) as opened:
            if opened.mode not in ("1", "L", "P", "I", "I;16"):
                raise DataError(f"{path} holds colours ({opened.mode}), not classes")
            values = np.asarray(opened).astype(np.int64)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is not a readable picture: {error}") from error
    wrong = ((values < 0) | (values >= classes)) & (values != void)
    if wrong.any():
        y, x = map(int, np.argwhere(wrong)[0])
        found = f"{values[y, x]} is not a class of 0 to {classes - 1}"
        raise DataError(f"{path}, row {y + 1}, column {x + 1}: {found}")
    return values


def folders(paths: list[Path], root: Path) -> np.ndarray:
    """The name of the folder, directly below `root`, in which each picture lies."""
    for path in paths:
        if path.parent == root:
            raise DataError(f"{path} lies in no folder that says its label")
    return np.array([path.relative_to(root).parts[0] for path in paths])
