"""What windows laid out and windows put back share."""

from dlspec.ops.fields import PerAxis
from dlspec.ops.window import Windowed


class Folding(Windowed):
    """Windows of a kernel, without weights."""

    stride: PerAxis = 1
    dilation: PerAxis = 1
