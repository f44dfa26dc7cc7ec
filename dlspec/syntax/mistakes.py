"""Mistakes that people make, each known by what was written: one rule for each.

A rule looks at the place where the parser stopped, and returns an error if it knows better than
"something else was expected". The most telling rules come first in `RULES`.
"""

from __future__ import annotations

from dlspec.diagnostics import Diagnostic, nearest
from dlspec.diagnostics.brackets import MissingBrace
from dlspec.diagnostics.expressions import (
    ChainedComparison,
    ChainNeedsParentheses,
    CountAfterName,
    DefaultNeedsParentheses,
    EqualInCondition,
    MissingElse,
    PercentIsUnit,
    UnitAfterExpression,
)
from dlspec.diagnostics.syntax import (
    ColonForEqual,
    ElseWithoutIf,
    LeadingOperator,
    MissingComma,
    MissingType,
    NotAssignable,
    OtherComment,
    PositionalAfterNamed,
    ReservedWord,
    SeveralValues,
    TrailingOperator,
    TwoStatements,
    Unexpected,
    UnknownStatement,
)
from dlspec.source import Span
from dlspec.syntax.place import ENDS_STATEMENT, HEADS, Place
from dlspec.syntax.vocabulary import (
    CONTINUES,
    ENDS_VALUE,
    KEYWORDS,
    OPERATORS,
    OTHER_STATEMENTS,
    RESERVED,
    STARTS_VALUE,
    UNITS,
    WITH_BODY,
)
from dlspec.syntax.words import Word

PARTS = ("COMMA", "EQUAL", "COLON")  # what parts expressions of one level


def other_comment(p: Place) -> Diagnostic | None:
    line = p.i
    while line > 0 and p.words[line].line == 0:
        line -= 1
    while line > 0 and not p.words[line].fresh:
        line -= 1
    first, second = p.words[line], p.words[min(line + 1, len(p.words) - 1)]
    if first.type == "FLOOR" or (first.type == "SLASH" and second.type in ("STAR", "POWER")):
        span = first.span if first.type == "FLOOR" else first.span.to(second.span)
        return OtherComment(span)
    return None


def reserved_word(p: Place) -> Diagnostic | None:
    word = p.word
    if word.type == "EQUAL" and p.before.text in RESERVED and p.i == p.head + 1:
        return ReservedWord(p.before.span, p.before.text)
    if word.text not in RESERVED or "NAME" not in p.accepts:
        return None
    if "NUMBER" in p.accepts and p.following.type != "EQUAL":
        return None
    return ReservedWord(word.span, word.text)


def else_without_if(p: Place) -> Diagnostic | None:
    if p.word.type == "ELSE" and (p.i == p.head or p.before.type == "RBRACE"):
        return ElseWithoutIf(p.word.span)
    return None


def leading_operator(p: Place) -> Diagnostic | None:
    if p.i == p.head and (p.word.type in CONTINUES or p.word.type in ("COMMA", "DOT", "COLON")):
        return LeadingOperator(p.word.span, p.word.text)
    return None


def chained_comparison(p: Place) -> Diagnostic | None:
    word = p.word
    negated = word.type == "NOT" and p.following.type == "IN"
    if word.type not in ("COMPARE", "IN") and not negated:
        return None
    joints = ("AND", "OR", "IF", "ELSE", "ARROW", *PARTS)
    first = p.back_to("COMPARE", "IN", stop=joints)
    if first < 0 or p.before.type not in ENDS_VALUE:
        return None
    second = word.span.to(p.following.span) if negated else word.span
    middle = p.text(first + 1, p.i - 1).text
    return ChainedComparison(second, p.words[first].span, middle, second.text)


def chain_needs_parentheses(p: Place) -> Diagnostic | None:
    if p.word.type not in OPERATORS or p.back_to("ARROW", stop=PARTS) < 0:
        return None
    if p.word.type == "STAR" and p.back_to("AS", stop=("ARROW",)) >= 0:
        return CountAfterName(p.word.span)
    start = p.back_to(*PARTS, *HEADS)
    first = (start if start >= 0 else max(p.opener, p.head - 1)) + 1
    return ChainNeedsParentheses(p.word.span, p.word.text, p.text(first, p.i - 1))


def default_needs_parentheses(p: Place) -> Diagnostic | None:
    if p.word.type not in ("IF", "OR", "AND", "COMPARE") or p.before.type not in ENDS_VALUE:
        return None
    declares = p.keyword == "param" or (p.opener > 0 and "LBRACE" not in p.accepts)
    typed = p.back_to("EQUAL", stop=("COMMA",)) >= 0 and p.back_to("COLON", stop=("COMMA",)) >= 0
    return DefaultNeedsParentheses(p.word.span, p.word.text) if declares and typed else None


def trailing_operator(p: Place) -> Diagnostic | None:
    following = p.following.type in STARTS_VALUE or p.following.type in OPERATORS
    if p.word.type != "SEP" or not following or not p.following.fresh:
        return None
    if p.before.type in CONTINUES - {"ELSE"} or p.before.type in ("COMMA", "NOT"):
        return TrailingOperator(p.before.span, p.before.text)
    return None


def wrong_equal(p: Place) -> Diagnostic | None:
    if p.word.type != "EQUAL" or p.before.type == "EQUAL":
        return None
    if p.keyword == "if":
        return EqualInCondition(p.word.span)
    if p.opener >= 0:
        return None
    if p.keyword and p.back_to("EQUAL") < 0 and p.keyword not in ("output", "augment", "penalty"):
        return None
    return NotAssignable(p.word.span, p.back_to("EQUAL") >= 0)


def wrong_colon(p: Place) -> Diagnostic | None:
    after_name = p.i == p.head + 2 and p.before.type == "COLON" and p.words[p.head].type == "NAME"
    if after_name:
        return ColonForEqual(p.before.span, p.words[p.head].text)
    typed = p.words[p.head].type == "NAME" and p.words[min(p.head + 1, p.i)].type == "COLON"
    if typed and p.word.type in ENDS_STATEMENT and "EQUAL" in p.accepts:
        return ColonForEqual(p.words[p.head + 1].span, p.words[p.head].text)
    if p.word.type != "COLON":
        return None
    first = p.words[p.head]
    if p.i == p.head + 1 and p.keyword and not p.following.fresh:
        return ColonForEqual(p.word.span, first.text)  # a setting with the name of a keyword
    if p.opener < 0 and (p.keyword in WITH_BODY or p.before.type == "ELSE"):
        return MissingBrace(p.word.span, p.keyword or "else", True)
    called = p.opener > 0 and p.words[p.opener].type == "LPAR"
    if called and p.before.type == "NAME" and p.words[p.i - 2].type in ("LPAR", "COMMA"):
        return ColonForEqual(p.word.span, p.before.text)
    return None


def wrong_unit(p: Place) -> Diagnostic | None:
    if p.before.type == "UNIT" and p.before.text == "%" and p.word.type in STARTS_VALUE:
        return PercentIsUnit(p.before.span, p.words[p.i - 2].text)
    if p.word.text not in UNITS or p.word.type != "NAME" or p.following.type == "EQUAL":
        return None
    if p.before.type in ENDS_VALUE and p.before.line == p.word.line and p.i > p.head + 1:
        return UnitAfterExpression(p.word.span, p.word.text)
    return None


def positional_after_named(p: Place) -> Diagnostic | None:
    if p.opener < 0 or p.words[p.opener].type != "LPAR":
        return None
    named = p.back_to("EQUAL")
    if named < 0 or "NUMBER" in p.accepts:
        return None
    if p.before.type == "COMMA" and p.word.type in STARTS_VALUE and "NAME" in p.accepts:
        return PositionalAfterNamed(p.word.span, p.text(named - 1, named))
    alone = p.before.type == "NAME" and p.words[p.i - 2].type == "COMMA"
    if alone and p.accepts == {"EQUAL"}:
        return PositionalAfterNamed(p.before.span, p.text(named - 1, named))
    return None


def missing_type(p: Place) -> Diagnostic | None:
    if p.before.type != "NAME" or "COLON" not in p.accepts or p.word.type not in UNTYPED:
        return None
    if p.opener >= 0:
        signature = p.keyword in SIGNED and p.opener - p.head <= 3
        return MissingType(p.before.span, p.before.text, "parameter") if signature else None
    kinds = {"param": "parameter", "input": "input", "state": "state", "field": "field"}
    if p.keyword not in kinds:
        return None
    return MissingType(p.before.span, p.before.text, kinds[p.keyword])


SIGNED = ("model", "block", "fn", "extern")
UNTYPED = ("EQUAL", "COMMA", "RPAR", "IN", *ENDS_STATEMENT)


def missing_else(p: Place) -> Diagnostic | None:
    condition = p.back_to("IF", stop=("ELSE",))
    if condition > p.head and "ELSE" in p.accepts and p.word.type not in STARTS_VALUE:
        return MissingElse(p.words[condition].span)
    return None


def several_values(p: Place) -> Diagnostic | None:
    if p.word.type != "COMMA" or p.opener >= 0 or p.before.type not in ENDS_VALUE:
        return None
    if p.keyword in ("output", "input", "let", "next", "augment", "penalty", "param", "state"):
        return SeveralValues(p.word.span, p.keyword)
    return SeveralValues(p.word.span, "") if p.back_to("EQUAL") >= 0 else None


def name_without_arrow(p: Place) -> Diagnostic | None:
    """`(Conv2D(3, 3) as a -> ReLU)`, `x as a`: `as` stands behind a stage that `->` leads to."""
    if p.word.type != "AS" or p.before.type not in ENDS_VALUE or "AS" in p.accepts:
        return None
    name = p.following.text if p.following.type == "NAME" else "NAME"
    first = max(p.opener, p.back_to(*PARTS, *HEADS), p.head - 1) + 1
    value = p.text(first, p.i - 1).text
    if p.opener == first - 1 and p.words[p.opener - 1].type == "ARROW":
        advice = f"without these parentheses `as` names it: `-> {value} as {name}`"
    else:
        let = "let " if p.keyword == "let" else ""
        advice = f"a value has a name by a line of its own: `{let}{name} = {value}`"
    return Unexpected(p.word.span, "`as`", "`->` before the stage that `as` names", advice)


def side_by_side(p: Place) -> Diagnostic | None:
    starts = p.word.type in STARTS_VALUE - {"MINUS", "LPAR", "LSQB"} or p.word.text in OPENS
    if not starts or p.before.type not in ENDS_VALUE | {"RBRACE"}:
        return None
    if p.opener >= 0:
        return MissingComma(p.word.span) if "COMMA" in p.accepts else None
    first = p.words[p.head]
    if p.i == p.head + 1 and first.type == "NAME":
        return unknown_statement(p, first)
    begins = p.word.text in OPENS or p.following.type in ("EQUAL", "COLON", "NAME", "LBRACE")
    if (begins or p.before.type == "RBRACE") and "SEP" in p.accepts:
        return TwoStatements(p.word.span)
    return None


OPENS = KEYWORDS | {"if", "for"}


def unknown_statement(p: Place, first: Word) -> Diagnostic | None:
    meant = OTHER_STATEMENTS.get(first.text)
    if meant is None and p.following.type not in ("EQUAL", "COLON", "LBRACE", "LPAR", "NAME"):
        return None
    suggestion = "" if meant else nearest(first.text, OPENS) or ""
    return UnknownStatement(first.span, first.text, suggestion, meant or "")


def import_of_a_module(p: Place) -> Diagnostic | None:
    """`import std.vision`: names are taken from a module, and a file is named by its path."""
    if p.before.type != "IMPORT" or p.i != p.head + 1 or p.word.type != "NAME":
        return None
    path = [p.word.text]
    for dot, name in zip(p.words[p.i + 1 :: 2], p.words[p.i + 2 :: 2], strict=False):
        if (dot.type, name.type) != ("DOT", "NAME"):
            break
        path.append(name.text)
    module = ".".join(path)
    if path[0] == "std":
        advice = f"write `from {module} import NAME`"
    else:
        advice = f'a file is imported by its path: `import "{"/".join(path)}.dls"`'
    return Unexpected(p.word.span, f"`{module}`", "the path of a file as a string", advice)


def missing_brace(p: Place) -> Diagnostic | None:
    if p.accepts >= {"LBRACE"} and "SEP" not in p.accepts and p.word.type == "SEP":
        end = Span(p.before.span.source, p.before.span.end, p.before.span.end)
        return MissingBrace(end, p.keyword or p.words[p.head].text, False)
    return None


RULES = (
    other_comment,
    else_without_if,
    leading_operator,
    reserved_word,
    chained_comparison,
    chain_needs_parentheses,
    default_needs_parentheses,
    trailing_operator,
    wrong_equal,
    wrong_colon,
    wrong_unit,
    positional_after_named,
    missing_type,
    missing_else,
    several_values,
    import_of_a_module,
    name_without_arrow,
    side_by_side,
    missing_brace,
)
