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
