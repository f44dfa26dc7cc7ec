"""States that go on from batch to batch."""

from torch import Tensor, nn

STATES = ("h",)


class Continued(nn.Module):
    """The model, whose states go on where they stopped at the last batch."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.state: tuple[Tensor, ...] = ()

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        made = self.model(*inputs, *self.state)
        self.state = tuple(made[f"next_{name}"].detach() for name in STATES)
        return made
