"""The tools that explain: what is asked of them and is not there (DLS750 to DLS769)."""

from __future__ import annotations

from dlspec.diagnostics.base import Diagnostic
from dlspec.frozen import frozen


@frozen
class UnknownCode(Diagnostic):
    """`dlspec explain` takes the code of an error, as it stands in brackets: `DLS204`."""

    code = "DLS750"
    asked: str
    near: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"there is no error `{self.asked}`"

    @property
    def help(self) -> str:
        if not self.near:
            return "`dlspec explain` lists all of them"
        return f"did you mean {' or '.join(self.near)}? `dlspec explain` lists all of them"
