"""Says whether a framework has a GPU to train on, and if not, why.

A task names the `backend`.
"""

from __future__ import annotations

from serving import Task, serve


def find(task: Task) -> Task:
    """`why` there is none; empty where there is one."""
    there, built = {"torch": in_torch, "keras": in_tensorflow}[task["backend"]]()
    if there:
        return {"why": ""}
    return {"why": "it finds none" if built else "it was installed without CUDA"}


def in_torch() -> tuple[bool, bool]:
    """Whether there is one, and whether the installation could use it."""
    import torch

    return torch.cuda.is_available(), torch.version.cuda is not None


def in_tensorflow() -> tuple[bool, bool]:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU")), tf.test.is_built_with_cuda()


if __name__ == "__main__":
    serve(find)
