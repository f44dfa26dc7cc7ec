"""How each expression may be laid out: the rules of Black, as Ruff's formatter has them.

An expression stands at a `Level`: outside of all brackets, inside one, or inside the optional
parentheses of a group that are printed only where it breaks. Lines may end in the latter two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

from dlspec.emit.document import (
    Best,
    BestParens,
    Document,
    FitsBroken,
    Group,
    IfBroken,
    Indent,
    Line,
    Printer,
    breaks,
)
from dlspec.emit.explicit import explicit
from dlspec.emit.nodes import (
    Arg,
    Atom,
    Attribute,
    Binary,
    Call,
    Clause,
    Compare,
    Comprehension,
    Dict,
    DictComp,
    Expr,
    Generator,
    IfElse,
    Index,
    Lambda,
    List,
    ListComp,
    Paren,
    Set,
    SetComp,
    Slice,
    Star,
    Tuple,
    Unary,
)
from dlspec.emit.shape import (
    TIGHTNESS,
    Need,
    can_omit_parentheses,
    flat_operands,
    is_chain,
    need,
    simple_power,
)

Level = int
OUTSIDE: Level = -1
INSIDE: Level = 0  # A positive level is the id of a group with optional parentheses.

_ids = count(1)


def flat(expr: Expr | str) -> str:
    """The text of an expression on one line."""
    return "\n".join(Printer(10**9).print(layout(explicit(expr), OUTSIDE)))


def new_level() -> Level:
    """A level for the inside of one more pair of optional parentheses."""
    return next(_ids)


def value(expr: Expr) -> Document:
    """An expression that is assigned or returned: a lambda keeps its body in parentheses."""
    if isinstance(expr, Lambda):
        head, body = _lambda_parts(expr, INSIDE)
        return parentheses_if_broken([head, FitsBroken(body)])
    return clause(expr)


def clause(expr: Expr) -> Document:
    """An expression that a statement ends with: in parentheses where it would not fit otherwise."""
    match need(expr):
        case Need.NEVER:
            return layout(expr, OUTSIDE)
        case Need.BEST_FIT:
            level = new_level()
            return BestParens(layout(expr, level), level)
    if can_omit_parentheses(expr):
        level = new_level()
        return optional_parentheses(layout(expr, level), level)
    return parentheses_if_broken(layout(expr, INSIDE))


def optional_parentheses(content: Document, level: Level) -> Document:
    """Parentheses that appear only where breaking the brackets inside does not suffice."""
    inner = Indent([Line.SOFT, content], only_if=level)
    return Group([IfBroken("("), inner, Line.SOFT, IfBroken(")")], level)


def parentheses_if_broken(content: Document) -> Document:
    """Parentheses that appear as soon as the content breaks."""
    return optional_parentheses(content, new_level())


def bracketed(left: str, content: Document, right: str, level: Level) -> Document:
    """Content in brackets, on lines of its own where it breaks."""
    inner: Document = Group([Indent([Line.SOFT, content]), Line.SOFT])
    return [left, FitsBroken(inner, level) if level > 0 else inner, right]


def separated(
    parts: Iterable[Document], broken: bool = False, comma_after_one: bool = False
) -> Document:
    """Parts with commas, the last of which is printed where the brackets break."""
    found: list[Document] = []
    for part in parts:
        found += [",", Line.SPACE, part] if found else [part]
    if broken or comma_after_one or len(found) > 1:
        found.append(IfBroken(","))
    return [*found, Group("", broken=True)] if broken else found


def layout(expr: Expr, level: Level, chain: bool | None = None) -> Document:
    """The document of an explicit expression; `chain` says whether it is part of a call chain."""
    return _LAYOUTS[type(expr)](expr, level) if chain is None else _linked(expr, level, chain)


# --- brackets -------------------------------------------------------------------------------


def _atom(expr: Atom, level: Level) -> Document:
    return expr.text


def _paren(expr: Paren, level: Level) -> Document:
    return bracketed("(", layout(expr.value, INSIDE), ")", level)


def _items(expr: Tuple | List | Set) -> Document:
    return separated((_inside(i) for i in expr.items), expr.broken)


def _tuple(expr: Tuple, level: Level) -> Document:
    if not expr.items:
        return "()"
    if len(expr.items) == 1:
        return bracketed("(", [_inside(expr.items[0]), ","], ")", level)
    if expr.naked and not expr.broken:
        return parentheses_if_broken(_items(expr))
    return bracketed("(", _items(expr), ")", level)


def _list(expr: List, level: Level) -> Document:
    return bracketed("[", _items(expr), "]", level) if expr.items else "[]"


def _set(expr: Set, level: Level) -> Document:
    return bracketed("{", _items(expr), "}", level)


def _dict(expr: Dict, level: Level) -> Document:
    if not expr.items:
        return "{}"
    pairs = (Group([_key(k), _inside(v)]) for k, v in expr.items)
    return bracketed("{", separated(pairs, expr.broken), "}", level)


def _key(key: Expr | str | None) -> Document:
    return "**" if key is None else [_inside(key), ": "]


def _inside(expr: Expr | str | None) -> Document:
    return "" if expr is None else layout(explicit(expr), INSIDE)


def _computed(left: str, right: str) -> Callable[[Comprehension, Level], Document]:
    def document(expr: Comprehension, level: Level) -> Document:
        return bracketed(left, Group(_computation(expr)), right, level)

    return document


def _computation(expr: Comprehension) -> Document:
    element = _inside(expr.element)
    if isinstance(expr, DictComp):
        element = [Group(_inside(expr.key)), ": ", element]
    parts: list[Document] = [Group(element)]
    for clause in expr.clauses:
        parts += [Line.SPACE, *_clause(clause)]
    return parts


def _clause(clause: Clause) -> Iterable[Document]:
    yield ["for ", _bare(explicit(clause.target)), " in ", _inside(clause.iterable)]
    for condition in clause.conditions:
        yield Line.SPACE
        yield ["if ", _inside(condition)]


def _bare(target: Expr) -> Document:
    """A target inside brackets, whose tuple never gets parentheses."""
    if not isinstance(target, Tuple) or len(target.items) < 2:
        return layout(target, INSIDE)
    first, *rest = (_inside(i) for i in target.items)
    return [first, *([", ", item] for item in rest)]


def _generator(expr: Generator, level: Level) -> Document:
    if expr.naked:
        return _computation(expr)
    return bracketed("(", Group(_computation(expr)), ")", level)


# --- operators ------------------------------------------------------------------------------


def _space(level: Level) -> Document:
    """A space that becomes the end of a line where brackets around it break."""
    if level == OUTSIDE:
        return " "
    if level == INSIDE:
        return Line.SPACE
    return [IfBroken(Line.SPACE, level), IfBroken(" ", level, broken=False)]


def _softly(level: Level, content: Document) -> Document:
    """Content only where brackets around it break."""
    if level == OUTSIDE:
        return ""
    return IfBroken(content, max(level, 0))


def _group(content: Document, level: Level) -> Document:
    """A group, if there are brackets around it."""
    if level == OUTSIDE:
        return content
    return Group(content, only_if=level) if level > 0 else Group(content)


def _operation(expr: Binary | Compare, level: Level) -> Document:
    return _group(_operands(flat_operands(expr), level), level)


def _operands(parts: list[Expr | str], level: Level) -> Document:
    """Operands with operators between them, broken at those that bind least."""
    if len(parts) == 1:
        assert isinstance(parts[0], Expr)
        return layout(parts[0], level)
    loosest = max(TIGHTNESS[op] for op in parts if isinstance(op, str))
    found: list[Document] = []
    start = 0
    for i, op in enumerate(parts):
        if not isinstance(op, str) or TIGHTNESS[op] != loosest:
            continue
        left = parts[start:i]
        found.append(_operand_group(left, level))
        if op == "**" and simple_power(left[-1], parts[i + 1]):
            found += [_softly(level, Line.SOFT), op, _softly(level, " ")]
        else:
            found += [_space(level), op, " "]
        start = i + 1
    return [*found, _operand_group(parts[start:], level)]


def _operand_group(parts: list[Expr | str], level: Level) -> Document:
    inner = _operands(parts, level)
    return inner if len(parts) == 1 else _group(inner, level)


def _unary(expr: Unary, level: Level) -> Document:
    operator = "not " if expr.op == "not" else expr.op
    return [operator, _at(expr.operand, level)]


def _at(expr: Expr | str, level: Level) -> Document:
    return layout(explicit(expr), level)


def _if_else(expr: IfElse, level: Level) -> Document:
    return _group(_choice(expr, level), level)


def _choice(expr: IfElse, level: Level) -> Document:
    otherwise = explicit(expr.otherwise)
    rest = (
        _choice(otherwise, level)
        if isinstance(otherwise, IfElse)
        else _group(layout(otherwise, level), level)
    )
    test = ["if ", _at(expr.test, level)]
    return [_at(expr.body, level), _space(level), test, _space(level), "else ", rest]


def _star(expr: Star, level: Level) -> Document:
    return ["*", _at(expr.value, level)]


def _lambda(expr: Lambda, level: Level) -> Document:
    return [*_lambda_parts(expr, level)]


def _lambda_parts(expr: Lambda, level: Level) -> tuple[str, Document]:
    head = f"lambda {', '.join(expr.parameters)}: " if expr.parameters else "lambda: "
    body = explicit(expr.body)
    if need(body) is Need.MULTILINE:
        return head, parentheses_if_broken(layout(body, INSIDE))
    if isinstance(body, Call | Index):
        plain = layout(body, level)
        wrapped: Document = ["(", Indent([Line.HARD, plain]), Line.HARD, ")"]
        best = Best([plain, Group(plain, broken=True), wrapped])
        return head, [Group("", broken=True), best] if breaks(plain) else best
    if isinstance(body, Atom | Attribute | Unary):
        return head, parentheses_if_broken(layout(body, INSIDE))
    return head, layout(body, level)


# --- calls and chains -----------------------------------------------------------------------


def _link(expr: Call | Attribute | Index, level: Level) -> Document:
    """The last link of a chain, which decides whether each call stands on a line of its own."""
    chain = level != OUTSIDE and is_chain(expr)
    inner = _linked(expr, level, chain)
    return Group(inner) if chain else inner


def _linked(expr: Expr, level: Level, chain: bool) -> Document:
    match expr:
        case Call(callee, args, broken):
            return [_owner(callee, level, chain), _arguments(args, level, broken)]
        case Index(owner, index):
            return [_owner(owner, level, chain), _subscript(explicit(index), level)]
        case Attribute(owner, name):
            inner = explicit(owner)
            before = Line.SOFT if chain and isinstance(inner, Call | Index | Paren) else ""
            # Outside a chain, the owner of an attribute decides for itself.
            linked = _owner(owner, level, chain) if chain else layout(inner, level)
            return [linked, before, ".", name]
    raise TypeError(f"not a link of a chain: {expr!r}")


def _owner(owner: Expr | str, level: Level, chain: bool) -> Document:
    inner = explicit(owner)
    if isinstance(inner, Call | Attribute | Index):
        return _linked(inner, level, chain)
    return layout(inner, level)


def _arguments(args: tuple[Arg, ...], level: Level, broken: bool) -> Document:
    if not args:
        return "()"
    single = args[0].value if len(args) == 1 and not args[0].name else None
    if isinstance(single, Generator):
        return bracketed("(", Group(_computation(single)), ")", level)
    content = separated((_argument(a) for a in args), broken)
    return bracketed("(", Group(content), ")", level)


def _argument(arg: Arg) -> Document:
    inner = _inside(arg.value)
    if not arg.name:
        return inner
    return ["**", inner] if arg.name == "**" else [f"{arg.name}=", inner]


def _subscript(index: Expr, level: Level) -> Document:
    if isinstance(index, Tuple) and index.naked:
        items = Group(_items(index)) if len(index.items) > 1 else [_inside(index.items[0]), ","]
        return bracketed("[", items, "]", level)
    return bracketed("[", layout(index, INSIDE), "]", level)


def _slice(expr: Slice, level: Level) -> Document:
    bounds = [e for e in (expr.lower, expr.upper, expr.step) if e is not None]
    wide = " " if not all(_simple_bound(explicit(e)) for e in bounds) else ""
    found = [_inside(expr.lower), wide if expr.lower is not None else "", ":"]
    found += [wide if expr.upper is not None else "", _inside(expr.upper)]
    if expr.step is not None:
        found += [wide if expr.upper is not None else "", ":", wide, _inside(expr.step)]
    return found


def _simple_bound(expr: Expr) -> bool:
    if isinstance(expr, Unary) and expr.op != "not":
        return _simple_bound(explicit(expr.operand))
    return isinstance(expr, Atom) and expr.kind != "format"


_LAYOUTS: dict[type[Expr], Callable[..., Document]] = {
    Atom: _atom,
    Paren: _paren,
    Tuple: _tuple,
    List: _list,
    Set: _set,
    Dict: _dict,
    Generator: _generator,
    ListComp: _computed("[", "]"),
    SetComp: _computed("{", "}"),
    DictComp: _computed("{", "}"),
    Binary: _operation,
    Compare: _operation,
    Unary: _unary,
    IfElse: _if_else,
    Star: _star,
    Lambda: _lambda,
    Call: _link,
    Attribute: _link,
    Index: _link,
    Slice: _slice,
}
