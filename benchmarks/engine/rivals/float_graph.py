"""Runs in the rivals' environment: a float graph from the shipped int8 one. python float_graph.py MODEL.onnx TARGET.onnx

Each int8 product becomes one of floats with the dequantised weights: both say the same but for the rounding of activations.
"""

from __future__ import annotations

import sys

import onnx
from onnx import NodeProto, helper, numpy_helper


def main(source: str, target: str) -> None:
    model = onnx.load(source)
    graph = model.graph
    maker = {name: node for node in graph.node for name in node.output}
    weights = {item.name: item for item in graph.initializer}
    nodes = [_as_float(node, maker, weights, graph) or node for node in graph.node]
    needed = {item.name for item in graph.output}
    kept: list[NodeProto] = []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    initializers = [item for item in graph.initializer if item.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(initializers)
    onnx.save(model, target)


def _as_float(node: NodeProto, maker: dict, weights: dict, graph: onnx.GraphProto) -> NodeProto | None:
    """The product in place of the multiplication with the tokens' scales, which ends each int8 product."""
    product = maker.get(node.input[0]) if node.op_type == "Mul" else None
    if product is None or product.op_type != "MatMulIntegerToFloat":
        return None
    scaled = maker[maker[product.input[0]].input[0]]
    weight = numpy_helper.to_array(weights[product.input[1]]).astype("float32") * numpy_helper.to_array(weights[product.input[3]])
    graph.initializer.append(numpy_helper.from_array(weight, f"{product.input[1]}_float"))
    return helper.make_node("MatMul", [scaled.input[0], f"{product.input[1]}_float"], list(node.output), name=product.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
