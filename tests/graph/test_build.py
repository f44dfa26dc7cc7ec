"""A graph has the nodes and edges of the IR, whatever is a node of its own in it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dlspec.cost import cost
from dlspec.graph.nodes import Graph, Port, shape
from dlspec.ir import model as ir

SPECS = ("digits.dls", "resnet.dls", "lstm.dls", "wine.dls")


def flat_edges(graph: Graph) -> Counter[tuple[str, int, str, int]]:
    """Each edge between two layers (or an end of the model), without the nodes around them: the
    layer that makes a value, which of its outputs, the layer that reads it, which of its inputs."""
    nodes = graph.nodes
    owner = {n.number: o for o in nodes.values() for n in o.inside}
    count = Counter[str]()
    names = {}
    for n in nodes.values():
        if n.kind == "op":
            names[n.number] = f"{n.name}#{count[n.name]}"
            count[n.name] += 1

    def maker(port: Port) -> tuple[str, int]:
        node = nodes[port.node]
        if node.kind == "op":
            return names[node.number], port.index
        if node.kind == "input":
            around = owner[node.number]
            place = around.ends("input").index(node)
            if around is graph.root:
                return f"input {node.title}", 0
            return maker(around.inputs[place].port)
        return maker(node.ends("output")[port.index].inputs[0].port)

    found: Counter[tuple[str, int, str, int]] = Counter()
    for n in nodes.values():
        for i, read in enumerate(n.inputs):
            if n.kind == "op":
                found[(*maker(read.port), names[n.number], i)] += 1
            elif n.kind == "output" and owner[n.number] is graph.root:
                place = graph.root.ends("output").index(n)
                found[(*maker(read.port), f"output {place}", i)] += 1
    return found


class Tracer:
    """Runs a model on names of values instead of arrays, and notes who reads what."""

    def __init__(self, model: ir.ModelIR) -> None:
        self.model = model
        self.count = Counter[str]()
        self.edges: Counter[tuple[str, int, str, int]] = Counter()
        self.kept: list[Any] = []

    def run(self) -> Counter[tuple[str, int, str, int]]:
        given = {n: (f"input {n}", 0) for n, _ in self.model.root.inputs}
        for i, value in enumerate(self.instance(self.model.root, given, ())):
            self.edges[(*value, f"output {i}", 0)] += 1
        return self.edges

    def instance(self, it: ir.Instance, given: dict[str, Any], prefix: ir.Path) -> list[Any]:
        env: dict[str, Any] = {n: [v] for n, v in given.items()}
        done: dict[int, Any] = {}
        outputs = []
        for s in ir.statements(it.body):
            values = self.flow(s.value, env, (), prefix, done)
            if isinstance(s, ir.Output):
                outputs += values
            elif len(s.names) == 1:
                env[s.names[0]] = values
            else:
                env.update({n: [v] for n, v in zip(s.names, values, strict=True)})
        return outputs

    def flow(self, f: Any, env: Any, carried: Any, prefix: ir.Path, done: Any) -> list[Any]:
        def run(g: Any, arriving: Any = carried) -> list[Any]:
            return self.flow(g, env, arriving, prefix, done)

        match f:
            case ir.Wire():
                return env[f.name]
            case ir.Carry():
                return [carried[f.index]]
            case ir.Scalar():
                return []
            case ir.Select():
                if id(f.value) not in done:
                    done[id(f.value)] = run(f.value)
                return [done[id(f.value)][f.index]]
            case ir.Items() | ir.Join():
                return [v for i in f.inputs for v in run(i)]
            case ir.Slice():
                return run(f.value)[f.start : f.stop : f.step]
            case ir.Scope():
                return run(f.body, [v for i in f.inputs for v in run(i)])
            case ir.Repeat():
                values = [v for i in f.inputs for v in run(i)]
                for body in f.bodies:
                    values = run(body, values)
                return values
            case ir.Call():
                made = self.model.instances[f.instance]
                named = {n: run(i)[0] for n, i in f.named.items()}
                rest = [v for i in f.inputs for v in run(i)]
                names = [n for n, _ in made.inputs if n not in named]
                given = named | dict(zip(names, rest, strict=True))
                return self.instance(made, given, (*prefix, *f.module))
        reads = [v for i in (*f.inputs, *f.named.values()) for v in run(i)]
        own = f.module if f.module is not None else (f.op.snake(),)
        name = ir.dotted(*prefix, *own)
        label = f"{name}#{self.count[name]}"
        self.count[name] += 1
        for i, value in enumerate(reads):
            self.edges[(*value, label, i)] += 1
        return [(label, i) for i in range(len(f.types))]


@pytest.mark.parametrize("spec", [*SPECS, "net"])
def test_edges_are_those_of_the_ir(spec, model, graph, net) -> None:
    text = net if spec == "net" else spec
    found, expected = flat_edges(graph(text)), Tracer(model(text)).run()
    assert found == expected
    assert sum(found.values()) >= 5


READ = """
model M {
  input x: f32[4]
  output a = x -> Dense(3)
  output (a, x) -> Concat
}
"""


def test_an_output_that_is_read_is_a_wire(graph) -> None:
    expected = [
        *(("input x", 0, "a#0", 0), ("a#0", 0, "output 0", 0)),
        *(("a#0", 0, "concat#0", 0), ("input x", 0, "concat#0", 1), ("concat#0", 0, "output 1", 0)),
    ]
    assert flat_edges(graph(READ)) == Counter(expected)


@pytest.mark.parametrize("spec", SPECS)
def test_nodes_are_the_layers_of_the_summary(spec, model, graph) -> None:
    rows = cost(model(spec)).layers
    nodes = [n for n in graph(spec).root.all() if n.kind == "op"]
    assert [n.name for n in nodes] == [layer.name for layer in ir.layers(model(spec))]
    assert [(n.title, n.macs, n.parameters) for n in nodes] == [
        (row.kind, row.macs, row.parameters.learned) for row in rows
    ]
    assert [tuple(map(str, n.types)) for n in nodes] == [
        tuple(map(str, row.output)) for row in rows
    ]


def test_costs_add_up(model, graph) -> None:
    whole, root = cost(model("resnet.dls")), graph("resnet.dls").root
    assert (root.macs, root.parameters) == (whole.macs, whole.parameters.learned)
    for node in root.all():
        if node.folds:
            assert node.macs == sum(n.macs for n in node.inside)


def test_shared_weights_are_counted_once(graph) -> None:
    text = """
    model Net {
      input x: f32[4]
      let shared = Dense(4)
      output y = x -> shared -> shared
    }"""
    found = graph(text)
    assert [n.parameters for n in found.root.inside if n.kind == "op"] == [20, 0]
    assert found.root.parameters == 20


def test_every_node_that_folds_has_its_inputs_and_outputs_as_ends(graph, net) -> None:
    for node in graph(net).nodes.values():
        if node.folds:
            if node.number:
                assert len(node.ends("input")) == len(node.inputs)
            assert [n.types for n in node.ends("output")] == [[t] for t in node.types]
            own = {n.number for n in node.inside}
            assert all(i.port.node in own for n in node.inside for i in n.inputs)


def test_repeats_loops_and_scopes_are_nodes(graph, net) -> None:
    nodes = graph(net).nodes.values()
    kinds = {n.title: (n.kind, n.copies) for n in nodes if n.kind in ("repeat", "loop", "scope")}
    assert kinds["Residual"] == ("repeat", 3)
    assert kinds["for i"] == ("loop", 8)
    assert kinds["round 6"] == ("loop", 0)
    assert kinds["body"] == ("scope", 0)
    rounds = [n for n in nodes if n.title.startswith("round")]
    assert [n.given for n in rounds] == [f"i={i}" for i in range(12)]
    (loop,) = (n for n in nodes if n.copies == 12)
    assert len(loop.types) == 3  # x, kept, and the element of skips that is read
    assert all(len(n.inputs) == 2 for n in rounds)  # x and extra; skips only pass


def test_few_rounds_stay_where_they_are(graph) -> None:
    text = """
    model Net {
      input x: f32[4]
      for i in range(3) { x = x -> Dense(4) -> ReLU }
      output y = x
    }"""
    assert [n.title for n in graph(text).root.inside][1:-1] == ["Dense", "ReLU"] * 3


def test_arguments_read_as_in_the_spec(graph) -> None:
    text = """
    model Net {
      input x: f32[3, 8, 8]
      y = x -> Conv2D(4, 3, padding=same, init=normal(std=0.5)) -> MaxPool2D((2, 1))
      z = y[0, :4, none, ::-1] -> Flatten -> Reshape(2, 16) -> Rearrange([a, b*c] -> [b, c*a], b=4)
      output out = 2 * z
    }"""
    nodes = [n for n in graph(text).root.inside if n.kind == "op"]
    assert [(n.title, n.given) for n in nodes] == [
        ("Conv2D", "4, 3, padding=same, init=normal(std=0.5)"),
        ("MaxPool2D", "(2, 1)"),
        ("getitem", "[0, :4, none, ::-1]"),
        ("Flatten", ""),
        ("Reshape", "2, 16"),
        ("Rearrange", "[a, b*c] -> [b, c*a], b=4"),
        ("multiply", "2"),
    ]
    assert "stride=1" in nodes[0].defaults and "bias=true" in nodes[0].defaults


def test_a_python_function_has_its_name_and_numbers(graph) -> None:
    text = """
    extern fn faded(x: f32[D], k: int = 2, by: float) -> f32[D] {
      torch = "shop:faded"
      keras = "shop:faded"
    }
    model M { input x: f32[4]; output y = faded(x, by=0.5) }
    """
    (node,) = (n for n in graph(text).root.inside if n.kind == "op")
    assert (node.title, node.given, node.defaults) == ("faded", "k=2, by=0.5", "")


def test_shapes(model) -> None:
    (_, t), *_ = model("digits.dls").root.inputs
    assert shape(t) == "[1, 8, 8]"
