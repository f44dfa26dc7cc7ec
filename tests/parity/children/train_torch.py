"""Trains a PyTorch program in float64. A task names the `program`, the folder `out`, the `epochs`
and whether to `resume`."""

from importlib import import_module
from pathlib import Path

import torch
from serving import Task, enter, serve


def train(task: Task) -> Task:
    enter(task["program"])
    torch.set_default_dtype(torch.float64)
    module = import_module("train")
    as_read = module.tensors

    def doubled(rows, device):
        made = as_read(rows, device)
        return {n: t.double() if t.is_floating_point() else t for n, t in made.items()}

    module.tensors = doubled
    import_module("data").load.cache_clear()
    out = Path(task["out"])
    out.mkdir(exist_ok=True)
    module.train(out, task["epochs"], 0, torch.device("cpu"), task["resume"])
    return {}


if __name__ == "__main__":
    torch.set_num_threads(1)
    serve(train)
