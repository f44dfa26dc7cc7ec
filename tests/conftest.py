"""What all tests share: one thread for each framework, and none of their chatter."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What has `keras` in its path imports TensorFlow, which never shares a process."""
    for item in items:
        if any("keras" in part for part in item.path.relative_to(TESTS).parts):
            item.add_marker(pytest.mark.tensorflow)
