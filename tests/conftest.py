"""What all tests share: one thread for each framework, and none of their chatter."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A busy machine is no error: nothing here is timed. A fixture that all examples share is meant.
settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
settings.load_profile("untimed")

TESTS = Path(__file__).parent
PROGRAM = ("train", "model", "data", "weights", "checkpoint", "recipe", "objective")


@pytest.fixture(autouse=True)
def no_program_stays() -> Iterator[None]:
    """A module of one compiled program that stays imported is silently used by the next."""
    yield
    stayed = [name for name in PROGRAM if sys.modules.pop(name, None)]
    assert not stayed, f"{', '.join(stayed)} of a compiled program stayed imported"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What has `keras` in its path imports TensorFlow, which never shares a process."""
    for item in items:
        if any("keras" in part for part in item.path.relative_to(TESTS).parts):
            item.add_marker(pytest.mark.tensorflow)
