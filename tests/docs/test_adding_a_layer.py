"""The layer of docs/adding-a-layer.md works as it is written there, and agrees with its formula."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-layer.md").read_text(encoding="utf-8")
OP, TORCH, KERAS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[:3]

SPEC = """
model Net {
  input x: f32[3, 4]
  output y = x -> ELU(slope=0.5) -> ELU -> Dense(2)
}
data rows {
  source = npz("rows.npz"); split = all
  field x: f32[3, 4] = column("x"); field z: f32[3, 2] = column("z")
}
train { data = rows; model = Net(); loss = MSE(y, z); optimizer = SGD(lr=0.1); epochs = 1 }
"""

ADD = """
import json, sys
import dlspec_keras.layers, dlspec_torch.layers
from dlspec import ops
from dlspec.backend.registry import find
from dlspec.ops import activation
from dlspec.ops.fields import Positive
from dlspec.pipeline import check
from dlspec.render import caret
from dlspec.source import Source

op, torch, keras, spec = json.load(sys.stdin)
vars(activation)["Positive"] = Positive
exec(op, vars(activation))
ops._MODULES["ELU"] = "activation"
for text, layers in ((torch, dlspec_torch.layers), (keras, dlspec_keras.layers)):
    exec(text, vars(layers.activation))
    layers.LAYERS[activation.ELU] = layers.activation.elu
result = check(Source("net.dls", spec))
assert result.program is not None, caret(result.diagnostics)
wrong = check(Source("net.dls", spec.replace("0.5", "0")))
files = {name: find(name).files(result.program, "")["model.py"] for name in ("torch", "keras")}
print(json.dumps([files, [d.title for d in wrong.diagnostics]]))
"""


def test_the_example_is_a_layer() -> None:
    asked = json.dumps([OP, TORCH, KERAS, SPEC])
    done = subprocess.run([sys.executable, "-c", ADD], input=asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    files, wrong = json.loads(done.stdout)
    assert "F.elu(F.elu(x, alpha=0.5))" in files["torch"]
    assert "ops.elu(ops.elu(x, alpha=0.5))" in files["keras"]
    assert wrong == ["ELU: `slope`: must be greater than 0, got 0"]
