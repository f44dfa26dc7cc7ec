"""Diagnostics as text for people, and for the machines that read them."""

from dlspec.render.caret import caret
from dlspec.render.machine import github, json
from dlspec.render.sarif import sarif

__all__ = ["caret", "github", "json", "sarif"]
