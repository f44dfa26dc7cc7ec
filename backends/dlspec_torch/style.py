"""How classes look in PyTorch, and the verbatim helpers of `model.py`."""

from __future__ import annotations

from typing import Any

from dlspec.backend.protocol import Style
from dlspec.emit import python as py
from dlspec_torch.helpers import HELPERS

MODULE_ATTRIBUTES = frozenset(
    """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules
    named_parameters parameters register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu
    zero_grad
    """.split()
)
"""What `nn.Module` has already: a layer of the same name would hide it."""


def _lists(layers: py.Expr) -> py.Expr:
    return py.call("nn.ModuleList", layers)


def _sequential(layers: tuple[tuple[str, py.Expr], ...]) -> py.Expr:
    named = tuple(py.Arg(layer, name) for name, layer in layers)
    return py.call("nn.Sequential", py.Call("OrderedDict", named))


def _identity(op: Any) -> bool:
    from dlspec.ops.activation import Identity
    from dlspec.ops.regularize import Dropout

    return isinstance(op, Identity) or (isinstance(op, Dropout) and op.rate == 0)


STYLE = Style(
    module="nn.Module",
    model="nn.Module",
    forward="forward",
    typed=True,
    keyword_init=False,
    imports=(
        "from collections import OrderedDict",
        "import torch",
        "import torch.nn.functional as F",
        "from torch import Tensor, nn",
    ),
    lists=_lists,
    sequential=_sequential,
    dict_inputs=False,
    reserved=MODULE_ATTRIBUTES,
    helpers=HELPERS,
    identity=_identity,
)
