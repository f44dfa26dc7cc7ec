"""The order of the stages: from a file to a program, and from a program to a folder."""

from dlspec.pipeline.stages import Classes, Result, check

__all__ = ["Classes", "Result", "check"]
