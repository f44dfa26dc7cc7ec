"""A spec with a place for every name and every string, and what strangers may put there."""

from __future__ import annotations

import random

TEMPLATE = """## {DOC0}
param {zqlr}: float = 1e-3
param {zqnote}: str = {S0}

## {DOC1}
data {zqdata} {{
  source = csv({PATH}, separator=",")
  field {zqwide}: f32[3] = columns({S1}, {S2}, {S3}) -> Standardize
  field {zqthin}: f32[2] = columns({S4}, {S5})
  field {zqlabel}: class = column({S6})
  split = stratified({zqlabel}, train=60 %, val=20 %, test=20 %, seed=0)
}}
## {DOC6}
fn {zqfn}({zqleft}: f32[{Zqsize}], {zqright}: f32[{Zqsize}], {zqrate}: float = 0.5,
    {zqhow}: str = {S10}) -> f32[{Zqsize}] {{
  {zqmean} = {zqleft} * {zqrate} + {zqright} * (1 - {zqrate}) / {Zqsize}
  output {zqmean} -> tanh
}}
## {DOC2}
block {Zqblock}({zqunits}: int, {zqact}: layer = ReLU, {zqtext}: str = {S7}) {{
  input {zqx}: f32[{Zqdim}]
  require({zqunits} > 0, {S8})
  {zqy} = {zqx} -> Dense({zqunits}) as {zqdense} -> LayerNorm -> {zqact}
  output {zqy} + {zqx}
}}
## {DOC3}
model {Zqmodel}(classes: int, {zqwords}: str = {S9}) {{
  input {zqwide}: f32[3]
  input {zqthin}: f32[2]
  let {zqshared} = Dense(4)
  {zqwire} = ({zqwide}, {zqthin}) -> Concat -> {zqshared} -> {Zqblock}(4) as {zqfirst}
  {zqwire} = {zqfn}({zqwire}, {zqright}={zqwire}, {zqrate}=0.25) -> {zqfn}({zqwire})
  for {zqi}, {zqn} in enumerate([4, 4]) {{
    {zqwire} = {zqwire} -> {Zqblock}({zqn}, {zqact}=GELU) -> Dropout(0.1 * {zqi})
  }}
  output {zqout}: f32[classes] = {zqwire} -> {zqshared} -> Dense(classes)
  weights {zqshared} {{ init = he_normal }}
}}
## {DOC4}
train {zqtrain} {{
  data = {zqdata}; model = {Zqmodel}()
  loss = CrossEntropy({zqout}, {zqlabel})
  optimizer = AdamW(lr={zqlr}); epochs = 2; batch = 8
  metrics = [Accuracy({zqout}, {zqlabel})]
}}
## {DOC5}
export {zqexport} {{ train = {zqtrain}; format = onnx; dynamic = [batch] }}
"""

ROLES = (
    "zqlr zqnote zqdata zqwide zqthin zqlabel Zqblock zqunits zqact zqtext zqx Zqdim zqy zqdense "
    "Zqmodel zqwords zqshared zqwire zqfirst zqi zqn zqout zqtrain zqexport "
    "zqfn zqleft zqright zqrate zqhow zqmean Zqsize"
).split()
"""The places of names; as names they are the harmless ones of the clean program."""

NAMES = tuple(
    dict.fromkeys(
        """
        class def lambda return yield global nonlocal assert async await with try except finally
        raise pass break continue del is None True False match case type __debug__ _ __

        print eval exec open compile input getattr setattr vars globals locals __import__ super zip
        enumerate range len dict list tuple int float str object iter next Exception ValueError

        torch nn F Tensor OrderedDict partial Callable keras layers ops np numpy math json sys os
        Path argparse time random hashlib model data train recipe weights checkpoint export main
        evaluate loss_fn batches Schedule AfterEpoch args parser self kwargs cls DataError load save
        initialise Data SEED EPOCHS BATCH EPOCH split rows columns fields source splits facts

        forward call training mask state_dict parameters modules children train_step half dtype path
        losses metrics outputs inputs build name trainable variables add_loss get_config mro
        __init__ __class__ __dict__ __call__ __getattr__ __del__ __reduce__ register_buffer
        """.split()
    )
)
"""Keywords of Python; builtins; what a program imports or calls its own; attributes of modules."""

CODE = 'import os; os.system("id")'
STRINGS = (
    f'"""\n{CODE}\n"""',
    f"'''\n{CODE}\n'''",
    f'"); {CODE} #',
    f"'); {CODE} #",
    f'\\"); {CODE} #',
    f"\n{CODE}\n",
    "{__import__('os').system('id')}",
    "%s%n{0}{}{{}}{x!r:>{y}}",
    "\\",
    '\\"',
    'ends with a quote"',
    '"',
    "'",
    "",
    " ",
    "\t\n\t",
    "$(id) `id` ; id | id",
    "\u2028" + CODE,
    "\x00\x01\x1b[31m\x7f",
    "\ufeff\u202e\u200b",
    "caf\u00e9 \u4e16\u754c \U0001f600",
    "# type: ignore # noqa # fmt: off",
    "*/ --> ]]> </script>",
    "x" * 300,
    "word " * 60,
    '"' * 50,
    "\\N{BULLET} \\x41 \\u0041 \\101",
)

DOCS = tuple(dict.fromkeys(s.replace("\n", " ").replace("\x00", "") for s in STRINGS))
"""Documentation ends with its line."""

PATHS = (
    "rows.csv",
    'a"; import os; #.csv',
    "it's.csv",
    "{x}.csv",
    '""".csv',
    "%s.csv",
)


def dls_string(value: str) -> str:
    """A string as a spec writes it."""
    known = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    written = (known.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in value)
    return '"' + "".join(written) + '"'


def clean_texts() -> dict[str, str]:
    texts = {f"S{i}": dls_string(f"plain {i}") for i in range(11)}
    return texts | {f"DOC{i}": f"Plain words {i}." for i in range(7)} | {"PATH": '"rows.csv"'}


def hostile_texts(chance: random.Random) -> dict[str, str]:
    """A hostile string for every place of one; columns differ from each other."""
    strings = chance.sample(STRINGS, 11)
    texts = {f"S{i}": dls_string(s) for i, s in enumerate(strings)}
    texts |= {f"DOC{i}": chance.choice(DOCS) for i in range(7)}
    return texts | {"PATH": dls_string(chance.choice(PATHS))}


def spec(names: dict[str, str], texts: dict[str, str]) -> str:
    return TEMPLATE.format(**names, **texts)
