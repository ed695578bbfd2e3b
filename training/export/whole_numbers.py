"""A graph whose matrix products are of whole numbers: a byte an entry, sums exact, scales put back in float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from onnx import ModelProto, NodeProto, TensorProto, helper, load_from_string

from exges_core.exported import Network
from exges_core.whole_numbers import INT8, SCALE, shape_of
from training.export.untied import tie


def in_whole_numbers(network: Network, *, is_wanted: Callable[[str], bool]) -> Network:
    """Return a network with products of wanted weights in whole numbers, in the pattern that ONNX Runtime fuses.

    What enters a product is rounded to bytes as it comes (its range is looked at each time); weights are rounded once,
    when they are loaded.
    """
    proto = load_from_string(network.model)
    weight_of = {
        node.output[0]: node.input[0]
        for node in proto.graph.node
        if node.op_type == "Transpose" and node.input[0] in network.weights and is_wanted(node.input[0])
    }
    nodes, found = list[NodeProto](), dict[str, tuple[int, ...]]()
    for node in proto.graph.node:
        weight = weight_of.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is None:
            nodes.append(node)
            continue
        nodes += _product(node, weight)
        for part in (INT8, SCALE):
            found[weight + part] = shape_of(weight + part, network.weights[weight])
    return _pruned(proto, nodes, network.weights, found)


def _product(node: NodeProto, weight: str) -> Iterator[NodeProto]:
    entering, leaving = node.input[0], node.output[0]
    rounded, step, zero = (f"{leaving}.{name}" for name in ("rounded", "step", "zero"))
    yield helper.make_node("DynamicQuantizeLinear", [entering], [rounded, step, zero], name=f"{leaving}.round")
    whole, real, scale = (f"{leaving}.{name}" for name in ("whole", "real", "scale"))
    yield helper.make_node("MatMulInteger", [rounded, weight + INT8, zero], [whole], name=f"{leaving}.product")
    yield helper.make_node("Cast", [whole], [real], name=f"{leaving}.cast", to=TensorProto.FLOAT)
    yield helper.make_node("Mul", [step, weight + SCALE], [scale], name=f"{leaving}.scales")
    yield helper.make_node("Mul", [real, scale], [leaving], name=f"{leaving}.scaled")


def _pruned(
    proto: ModelProto, nodes: list[NodeProto], old: Mapping[str, tuple[int, ...]], new: Mapping[str, tuple[int, ...]]
) -> Network:
    """Return the model of some nodes with what they use alone."""
    asked = {name for node in nodes for name in node.input} | {each.name for each in proto.graph.output}
    nodes = [node for node in nodes if asked.intersection(node.output)]
    asked = {name for node in nodes for name in node.input}
    kept = [each for each in proto.graph.initializer if each.name in asked and each.name not in old]
    del proto.graph.node[:], proto.graph.initializer[:]
    proto.graph.node.extend(nodes)
    proto.graph.initializer.extend(kept)
    weights = {**{name: shape for name, shape in old.items() if name in asked}, **new}
    tie(proto, weights)
    return Network(proto.SerializeToString(deterministic=True), weights)
