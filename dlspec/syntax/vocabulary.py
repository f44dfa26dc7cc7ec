"""The fixed words of the language, and the sets of tokens that decide where statements end."""

from __future__ import annotations

# Keywords where a statement begins, unless one of NOT_AFTER_KEYWORD follows. The terminal is the
# word in capitals.
KEYWORDS = frozenset(
    "import from extern fn param data model block train export tune generate "
    "input output field let step state next augment penalty weights".split()
)
RESERVED = frozenset("if else for and or not in as true false none".split())

# Declarations, which stand in a file and in no body.
TOP = frozenset("import from extern fn param data model block train export tune generate".split())
# What these begin has a body; `fn` and `block` may have `=` instead.
WITH_BODY = frozenset(
    "extern fn data model block train export tune generate step weights if for".split()
)

NOT_AFTER_KEYWORD = frozenset({"EQUAL", "COMMA", "DOT", "COMPARE"})

# A line that begins with one of these continues the line before.
CONTINUES = frozenset(
    "ARROW EQUAL LBRACE ELSE AS IN AND OR COMPARE "
    "PLUS MINUS STAR SLASH FLOOR MODULO AT POWER".split()
)
# A value may end with one of these, and begin with one of those.
ENDS_VALUE = frozenset("NAME NUMBER UNIT STRING TRUE FALSE NONE RPAR RSQB".split())
STARTS_VALUE = frozenset("NAME NUMBER STRING TRUE FALSE NONE LPAR LSQB MINUS NOT".split())

CLOSER = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
OPENER = {closer: opener for opener, closer in CLOSER.items()}
BRACKETS = {"LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "LBRACE": "{", "RBRACE": "}"}

# What people write for a token of the language: the terminal, and how it is written here.
SLIPS = {
    "&&": ("AND", "and"),
    "||": ("OR", "or"),
    "!": ("NOT", "not"),
    "|>": ("ARROW", "->"),
    "→": ("ARROW", "->"),
    "⇒": ("ARROW", "->"),
    "=>": ("ARROW", "->"),
    "≤": ("COMPARE", "<="),
    "≥": ("COMPARE", ">="),
    "≠": ("COMPARE", "!="),
    "<>": ("COMPARE", "!="),
    "===": ("COMPARE", "=="),
    "!==": ("COMPARE", "!="),
    ":=": ("EQUAL", "="),
    "\N{MULTIPLICATION SIGN}": ("STAR", "*"),
    "·": ("STAR", "*"),
    "⋅": ("STAR", "*"),
    "÷": ("SLASH", "/"),
    "\N{MINUS SIGN}": ("MINUS", "-"),
    "\N{EN DASH}": ("MINUS", "-"),
    "\N{EM DASH}": ("MINUS", "-"),
    "^": ("POWER", "**"),
    "…": ("DOTS", "..."),
}
# `x += 1` is written `x = x + 1`.
UPDATES = frozenset({"+=", "-=", "*=", "/="})
# Words of other languages where a statement begins with them, before a word that says the rest.
FOREIGN_HEADS = {
    "def": "fn",
    "func": "fn",
    "function": "fn",
    "return": "output",
    "const": "let",
    "var": "let",
    "using": "import",
    "include": "import",
}
OPERATORS = frozenset(
    "PLUS MINUS STAR SLASH FLOOR MODULO AT POWER COMPARE AND OR NOT IN IF".split()
)
# Words of other languages that stand before a name, and what is written here.
OTHER_STATEMENTS = {
    "class": "a network is a `model`, a part of one a `block`",
    "layer": "a part of a network is a `block`",
    "module": "a part of a network is a `block`",
    "net": "a network is a `model`",
    "network": "a network is a `model`",
    "dataset": "data are declared by `data`",
    "while": "loops run over known lists: `for x in ...`",
    "const": "a constant is `let name = ...`, a setting `param name: type = ...`",
    "assert": "conditions are checked by `require(condition, text)`",
    "raise": "conditions are checked by `require(condition, text)`",
    "print": "`dlspec summary` shows what a spec makes",
    "lambda": "functions have names: `fn name(a: float) = ...`",
    "with": "there are no contexts; what runs in Python is `extern`",
    "try": "there are no exceptions; what runs in Python is `extern`",
}
# Enough units to know one that stands in the wrong place; `dlspec.units` has what they mean.
UNITS = frozenset(
    "epoch epochs step steps example examples B KB MB GB K M G k "
    "deg rad s ms us min h Hz kHz".split()
)
