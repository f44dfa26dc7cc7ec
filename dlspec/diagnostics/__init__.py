"""Errors as data. One file holds the wording of one area."""

from dlspec.diagnostics.base import CODES, Diagnostic, Fix, Label, Severity, SpecError, nearest

__all__ = ["CODES", "Diagnostic", "Fix", "Label", "Severity", "SpecError", "nearest"]
