"""Runs in the benchmark's environment: a float graph from the shipped int8 one. python float_graph.py MODEL.onnx TARGET.onnx

Products, word vectors and the small matrices that are stored as int8 become floats again: what is left of the int8 graph is
the rounding of its weights, so that the two differ by the rounding of activations alone.
"""

from __future__ import annotations

import sys

import numpy as np
import onnx
from onnx import GraphProto, NodeProto, helper, numpy_helper

Constants = dict[str, np.ndarray]


def main(source: str, target: str) -> None:
    model = onnx.load(source)
    graph = model.graph
    constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    nodes = [node for node in graph.node if not _folded(node, constants)]
    maker = {name: node for node in nodes for name in node.output}
    nodes = [_lookup(node, maker, constants) or _product(node, maker, constants) or node for node in nodes]
    _keep(graph, nodes, constants)
    onnx.save(model, target)


def _folded(node: NodeProto, constants: Constants) -> bool:
    """A stored matrix and its scale, which are expanded once."""
    if not all(name in constants for name in node.input) or node.op_type not in ("Cast", "Mul"):
        return False
    values = [constants[name] for name in node.input]
    constants[node.output[0]] = values[0].astype(np.float32) if node.op_type == "Cast" else values[0] * values[1]
    return True


def _lookup(node: NodeProto, maker: dict[str, NodeProto], constants: Constants) -> NodeProto | None:
    """The vectors of words: their int8 rows times the scales of these rows."""
    cast, scales = (maker.get(name) for name in node.input) if node.op_type == "Mul" else (None, None)
    if cast is None or scales is None or cast.op_type != "Cast" or scales.op_type != "Gather":
        return None
    rows = maker[cast.input[0]]
    constants["words_float"] = constants[rows.input[0]].astype(np.float32) * constants[scales.input[0]]
    return helper.make_node("Gather", ["words_float", rows.input[1]], list(node.output), name="words_float_gather")


def _product(node: NodeProto, maker: dict[str, NodeProto], constants: Constants) -> NodeProto | None:
    """Each int8 product ends with the multiplication by the tokens' scales, in whose place the float one stands."""
    product = maker.get(node.input[0]) if node.op_type == "Mul" else None
    if product is None or product.op_type != "MatMulIntegerToFloat":
        return None
    tokens = maker[maker[product.input[0]].input[0]].input[0]
    weight = f"{product.input[1]}_float"
    constants[weight] = constants[product.input[1]].astype(np.float32) * constants[product.input[3]]
    return helper.make_node("MatMul", [tokens, weight], list(node.output), name=product.name)


def _keep(graph: GraphProto, nodes: list[NodeProto], constants: Constants) -> None:
    """What the outputs need, and no more."""
    needed = {item.name for item in graph.output}
    kept: list[NodeProto] = []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items() if name in needed)


if __name__ == "__main__":
    main(*sys.argv[1:])
