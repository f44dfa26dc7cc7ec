"""dlspec: describe a neural network once, train it anywhere, ship it with proof."""

TYPE_CHECKING = False  # as `typing` has it, whose import takes longer than all else here
if TYPE_CHECKING:
    from dlspec.api.errors import SpecError
    from dlspec.api.spec import Spec, load

__version__ = "0.1.0"
__all__ = ["Spec", "SpecError", "load"]


def __getattr__(name: str) -> object:
    """What a notebook uses is imported when it is asked for."""
    if name == "SpecError":
        from dlspec.api.errors import SpecError

        return SpecError
    if name in ("Spec", "load"):
        from dlspec.api import spec

        found: object = getattr(spec, name)
        return found
    raise AttributeError(f"module 'dlspec' has no attribute {name!r}")
