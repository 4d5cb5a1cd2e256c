"""Fused operators of a graph taken apart, where their parts are faster: `python -m training.unfuse MODEL.onnx TARGET.onnx`.

What is computed is the same up to the order of additions. Works on int8 graphs and on float ones. Figures: docs/decisions/0006.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import GraphProto, NodeProto, helper, numpy_helper


def unfuse(source: Path, target: Path) -> None:
    model = onnx.load(source)
    nodes = [part for node in model.graph.node for part in PARTS.get(node.op_type, _itself)(node, model.graph)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, target)


def _itself(node: NodeProto, graph: GraphProto) -> Iterator[NodeProto]:
    yield node


def _normalisation(node: NodeProto, graph: GraphProto) -> Iterator[NodeProto]:
    """Inputs are the vectors, the residual, scale, shift and perhaps a bias."""
    vectors, residual, scale, shift, *bias = node.input
    if bias:
        yield helper.make_node("Add", [vectors, bias[0]], [f"{node.name}_biased"], name=f"{node.name}_bias")
        vectors = f"{node.name}_biased"
    yield helper.make_node("Add", [vectors, residual], [f"{node.name}_sum"], name=f"{node.name}_add")
    inputs, epsilon = [f"{node.name}_sum", scale, shift], _attribute(node, "epsilon")
    yield helper.make_node("LayerNormalization", inputs, [node.output[0]], name=f"{node.name}_norm", axis=-1, epsilon=epsilon)


def _attention(node: NodeProto, graph: GraphProto) -> Iterator[NodeProto]:
    """Inputs are query, key, value, two that are empty, and what is added to the scores."""
    query, key, value, _, _, added = node.input
    heads = int(_attribute(node, "num_heads"))
    name, size = node.name, _width(graph) // heads
    split, join = _constant(graph, "by_head", [0, 0, heads, size]), _constant(graph, "joined", [0, 0, heads * size])
    scale = _constant(graph, "attention_scale", np.float32(size**-0.5))
    yield helper.make_node("Mul", [query, scale], [f"{name}_query"], name=f"{name}_scale")
    # The key is transposed for its product, the others only have the head brought before the token.
    for role, source, order in (("q", f"{name}_query", [0, 2, 1, 3]), ("k", key, [0, 2, 3, 1]), ("v", value, [0, 2, 1, 3])):
        yield helper.make_node("Reshape", [source, split], [f"{name}_{role}4"], name=f"{name}_{role}_split")
        yield helper.make_node("Transpose", [f"{name}_{role}4"], [f"{name}_{role}"], name=f"{name}_{role}_turn", perm=order)
    yield helper.make_node("MatMul", [f"{name}_q", f"{name}_k"], [f"{name}_scores"], name=f"{name}_score")
    yield helper.make_node("Add", [f"{name}_scores", added], [f"{name}_biased"], name=f"{name}_bias")
    yield helper.make_node("Softmax", [f"{name}_biased"], [f"{name}_shares"], name=f"{name}_softmax", axis=-1)
    yield helper.make_node("MatMul", [f"{name}_shares", f"{name}_v"], [f"{name}_mixed"], name=f"{name}_mix")
    yield helper.make_node("Transpose", [f"{name}_mixed"], [f"{name}_turned"], name=f"{name}_turn_back", perm=[0, 2, 1, 3])
    yield helper.make_node("Reshape", [f"{name}_turned", join], [node.output[0]], name=f"{name}_join")


PARTS: dict[str, Callable[[NodeProto, GraphProto], Iterator[NodeProto]]] = {
    "SkipLayerNormalization": _normalisation,
    "MultiHeadAttention": _attention,
}


def _attribute(node: NodeProto, name: str) -> float:
    return next(helper.get_attribute_value(attribute) for attribute in node.attribute if attribute.name == name)


def _width(graph: GraphProto) -> int:
    """Of the vectors between layers: what a normalisation scales."""
    norm = next(node for node in graph.node if node.op_type == "LayerNormalization")
    return int(next(item.dims[0] for item in graph.initializer if item.name == norm.input[1]))


def _constant(graph: GraphProto, name: str, value: object) -> str:
    if all(item.name != name for item in graph.initializer):
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return name


if __name__ == "__main__":
    unfuse(*map(Path, sys.argv[1:]))
