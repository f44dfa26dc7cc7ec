"""The backends that are installed, found by the entry points `dlspec.backends`."""

from __future__ import annotations

from importlib import import_module

from dlspec.backend.protocol import Backend
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import UnknownBackend

GROUP = "dlspec.backends"
OWN = {"torch": "dlspec_torch", "keras": "dlspec_keras"}
"""The two that come with dlspec: found without reading every installed package's entry points."""


def find(name: str) -> Backend:
    """The backend of this name. Raises SpecError where none has it."""
    if name in OWN:
        found: Backend = import_module(OWN[name]).BACKEND
        return found
    from importlib.metadata import entry_points

    others = {e.name: e for e in entry_points(group=GROUP)}
    if name not in others:
        raise SpecError(UnknownBackend(None, name, tuple(sorted({*OWN, *others}))))
    found = others[name].load()
    return found
