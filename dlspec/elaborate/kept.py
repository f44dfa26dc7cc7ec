"""`Net(weights="net.safetensors", frozen=true)`: which weights of a model start from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dlspec.elaborate.values import Kept
from dlspec.ir import model as ir
from dlspec.ir.recipe import Loaded


def uses(model: ir.ModelIR, whole: Kept | None) -> Iterator[tuple[str, Kept]]:
    """The paths of a model that are used with `weights` or `frozen`, outer ones first; `whole` is
    what is said of the model itself."""

    def walk(instance: ir.Instance, prefix: ir.Path) -> Iterator[tuple[str, Kept]]:
        for f in ir.within(instance.body):
            if isinstance(f, ir.Call):
                path = (*prefix, *f.module)
                if f.weights is not None or f.frozen:
                    yield ir.dotted(*path), Kept(f.weights, f.frozen)
                yield from walk(model.instances[f.instance], path)

    if whole is not None:
        yield "", whole
    yield from walk(model.root, ())


def loaded(used: Iterable[tuple[str, Kept]]) -> tuple[Loaded, ...]:
    """The files of some uses, those of inner paths first: of a weight below several the first
    counts."""
    found = {path: kept.file for path, kept in used if kept.file is not None}
    return tuple(Loaded(path=p, file=f) for p, f in reversed(found.items()))


def frozen(used: Iterable[tuple[str, Kept]]) -> tuple[str, ...]:
    """The paths of some uses below which all stays as it is."""
    return tuple(dict.fromkeys(path for path, kept in used if kept.frozen))


def learns(model: ir.ModelIR) -> bool:
    """Whether it has weights that an optimizer can move."""
    ops = ((n.apply.op, n.apply) for n in ir.layers(model) if n.apply.module is not None)
    return any(
        w.kind == "trainable" for op, a in ops for w in op.weights(*(f.types[0] for f in a.inputs))
    )


def below(name: str, path: str) -> bool:
    """Whether a weight lies below a path."""
    return not path or name.startswith(f"{path}.")
