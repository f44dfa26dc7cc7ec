"""What is wrong with a statement, as the parser sees it (DLS030 to DLS099)."""

from __future__ import annotations

from dataclasses import dataclass

from dlspec.diagnostics.base import Diagnostic


@dataclass(frozen=True)
class Unexpected(Diagnostic):
    """Something else should stand here."""

    code = "DLS030"
    found: str
    expected: str

    @property
    def title(self) -> str:
        return f"expected {self.expected}, found {self.found}"
