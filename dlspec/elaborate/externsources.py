"""An `extern source` where a `data` block uses it: its arguments, and the types of its rows."""

from __future__ import annotations

from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.fieldtypes import field_type
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.layers import LayerEvaluator
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.values import Scope
from dlspec.elaborate.written import note_extern
from dlspec.recipe.externs import Extern
from dlspec.syntax import tree
from dlspec.tensor import Tensor


def extern_source(
    declared: tree.Fn, e: tree.Expr, objects: Objects, evaluator: LayerEvaluator
) -> Extern:
    """The source with the arguments of a use. Raises SpecError, or Skip where what is wrong was
    reported with its declaration."""
    e = ungrouped(e)
    arguments = e.arguments if isinstance(e, tree.Call) else ()
    values = evaluator.arguments_of(declared, arguments, e.span, objects.scope)
    scope = Scope(Scope(evaluator.scope_of(declared), dict(values)))
    inner = Objects(evaluator, scope)
    dims: dict[str, int] = {}
    fields: dict[str, Tensor] = {}
    assert isinstance(declared.body, tree.Body) and declared.python is not None
    for s in declared.body.statements:
        if isinstance(s, tree.Field):
            fields |= {name.id: field_type(t, inner, dims).type for name, t in s.fields}
    if not declared.python.functions:
        raise Skip
    ((_, function),) = declared.python.functions
    given = {name: value.value for name, value in values.items()}
    made = Extern(name=declared.name.id, function=function, arguments_=given, fields_=fields)
    note_extern(made, declared, values)
    return made
