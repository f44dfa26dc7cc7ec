"""Net."""

import torch
from torch import Tensor, nn


class ConvAct(nn.Module):
    def __init__(
        self, in_channels: int, c: int, act: type[nn.Module] = nn.ReLU
    ) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(in_channels, c, 3, padding=1)
        self.act = act()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv2d(x))


class Net(nn.Module):
    """widths=[4, 8, 6]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_acts = nn.ModuleList(
            ConvAct(in_channels, c) for in_channels, c in ((3, 4), (4, 8), (8, 6))
        )
        self.conv2ds = nn.ModuleList(nn.Conv2d(c, c, 1) for c in (4, 8, 6))
        self.conv2ds_2 = nn.ModuleList(
            nn.Conv2d(in_channels, c, 1) for in_channels, c in ((6, 6), (6, 8), (8, 4))
        )
        self.conv_acts_2 = nn.ModuleList(
            ConvAct(in_channels, c) for in_channels, c in ((12, 6), (16, 8), (8, 4))
        )
        self.y = nn.Conv2d(42, 2, 1)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = image
        skips = []
        for conv_act, conv2d in zip(self.conv_acts, self.conv2ds, strict=True):
            x = conv_act(x)
            skips.append(x)
            x = conv2d(x)
        for conv2d, conv_act, skip in zip(
            self.conv2ds_2, self.conv_acts_2, reversed(skips), strict=True
        ):
            x = conv_act(torch.cat((skip, conv2d(x)), dim=1))
        for c, skip in zip((4, 8, 6), skips, strict=True):
            x = torch.cat((x, skip * c), dim=1)
        kept = list(skips)
        skips = skips[1:] + [image]
        ps = [x, image]
        for i, p in enumerate(ps):
            skips.append(p * i)
        y = self.y(torch.cat(skips, dim=1))  # [B, 2, 8, 6]
        parts = [k.mean((1, 2, 3)) for k in kept]
        z = sum(parts[1:], parts[0]) + (kept[0] * 2).amax((1, 2, 3))  # [B]
        w = kept[-1] + kept[2]  # [B, 6, 8, 6]
        return {"y": y, "z": z, "w": w}
