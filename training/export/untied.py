"""Graphs without their weights: these stay in the .safetensors, and a graph names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
from onnx import ModelProto, TensorProto, ValueInfoProto, helper, load_from_string, numpy_helper
from onnxscript import optimizer

from exges_core.arrays import Array
from exges_core.exported import Network

_LOCATION = "safetensors"
"""ONNX wants a file's name beside weights that are elsewhere; nobody reads it."""


_array_of = cast("Callable[[TensorProto], Array]", numpy_helper.to_array)


def untied(model: bytes, weights: Mapping[str, Array], prefix: str = "") -> Network:
    """Return an exported model that names its weights; simplified, in ways that do not depend on their values.

    Args:
        model: serialised, every weight as it is in `weights`.
        weights: of the .safetensors, by name.
        prefix: of the model's names, that weights do not have.
    """
    proto = load_from_string(model)
    shapes: dict[str, tuple[int, ...]] = {}
    kept: list[TensorProto] = []
    for each in proto.graph.initializer:
        name = each.name.removeprefix(prefix)
        if name in weights:
            assert np.array_equal(_array_of(each), weights[name].astype(np.float32)), name
            shapes[name] = tuple(each.dims)
            _rename(proto, each.name, name)
        else:
            kept.append(each)
    del proto.graph.initializer[:]
    proto.graph.initializer.extend(kept)
    # As inputs, weights are unknown: nothing that is made of them is worked out now.
    proto.graph.input.extend(_as_input(name, shape) for name, shape in shapes.items())
    simple = optimizer.optimize(proto)
    _tie(simple, shapes)
    return Network(simple.SerializeToString(deterministic=True), shapes)


def _rename(proto: ModelProto, old: str, new: str) -> None:
    for node in proto.graph.node:
        for place, name in enumerate(node.input):
            if name == old:
                node.input[place] = new


def _as_input(name: str, shape: tuple[int, ...]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _tie(proto: ModelProto, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Make inputs that are weights initializers whose values are elsewhere, and leave out what only people read."""
    inputs = [each for each in proto.graph.input if each.name not in shapes]
    del proto.graph.input[:]
    proto.graph.input.extend(inputs)
    for name, shape in shapes.items():
        tensor = proto.graph.initializer.add(name=name, dims=shape, data_type=TensorProto.FLOAT)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=_LOCATION)
    # The exporter writes where its sources lie on the machine that it ran on.
    del proto.graph.value_info[:], proto.metadata_props[:], proto.graph.metadata_props[:]
    proto.doc_string = proto.graph.doc_string = ""
    for node in proto.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
