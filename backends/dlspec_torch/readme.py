"""`requirements.txt` and `README.md` of a program."""

from __future__ import annotations

from dlspec.programs.generate import blocks
from dlspec.programs.words import described, python_line
from dlspec.recipe.sources import Images, Sklearn
from dlspec_torch.case import Case

TESTED = {
    "torch": "2.13.0",
    "numpy": "2.4.6",
    "safetensors": "0.8.0",
    "scikit-learn": "1.9.1",
    "pillow": "13.0.0",
    "onnx": "1.23.2",
    "onnxscript": "0.7.2",
}
"""What the programs were tested with."""

NEEDED = ("torch", "numpy", "safetensors", "onnx", "onnxscript")


def requirements_file(case: Case) -> str:
    """The packages that the program imports, in the tested versions."""
    names = [*NEEDED]
    if isinstance(case.data.source, Sklearn):
        names.append("scikit-learn")
    if isinstance(case.data.source, Images):
        names.append("pillow")
    return "".join(f"{name}=={TESTED[name]}\n" for name in sorted(names))


def model_doc(case: Case) -> str:
    """What `model.py` says of itself."""
    count = case.cost.parameters.learned
    definition = case.model.definitions[case.model.root.definition]
    return described(case.model_class, definition.doc or case.program.doc, count)


def objective_doc(case: Case) -> str:
    """What `objective.py` says of itself."""
    name = f" {case.train.name}" if case.train.name else ""
    if case.rounds:
        return f"What the steps of `train{name}` minimise on a batch."
    return f"What `train{name}` computes of a batch: the loss, and what metrics read."


def readme_file(case: Case) -> str:
    """How to run the program, and what its files are."""
    found = case.cost
    count = f"{found.parameters.learned:,}"
    said = f"\n{case.program.doc}\n" if case.program.doc else ""
    exports = ", ".join(e.file for e in case.exports) or "model.onnx"
    evaluated = "test" if "test" in case.parts else case.parts[-1]
    return README.format(
        model=case.model_class,
        data=case.data.name,
        objective=OBJECTIVE if case.train.graphs else "",
        python=python_line(case.program, case.name, "torch"),
        generates=GENERATES if blocks(case.program, case.name) else "",
        generate=GENERATE if blocks(case.program, case.name) else "",
        doc=said,
        count=count,
        exports=exports,
        part=evaluated,
    )


OBJECTIVE = "| `objective.py` | the loss of a batch |\n"
GENERATES = "python generate.py --count 3    # --help shows what else it takes\n"
GENERATE = """\
| `generate.py` | what the trained model generates |
| `decoding.py` | how it is chosen from the model's scores |
"""

README = """\
# {model} on {data}
{doc}
{count} parameters. Compiled by dlspec for PyTorch; it needs nothing of dlspec to run.

```
pip install -r requirements.txt
{python}python train.py                # writes best.safetensors and last.safetensors
python train.py --resume       # goes on after a stop, to the same bits
python train.py --eval {part}
python export.py               # writes export/{exports}
{generates}```

PyTorch's index for the CPU is <https://download.pytorch.org/whl/cpu>; the plain name brings CUDA.

| file | what it is |
|---|---|
| `model.py` | the network |
| `data.py` | the rows: reading, splitting, augmenting |
| `recipe.py` | learning rates, metrics, the log |
| `weights.py` | how weights start and are kept |
| `checkpoint.py` | checkpoints, under names that the Keras program reads too |
{objective}| `train.py` | training and evaluation |
| `export.py` | the ONNX file |
{generate}| `metrics.jsonl` | a line for each epoch |
| `lock.json` | what the run was made of: data, seed, versions |
"""
