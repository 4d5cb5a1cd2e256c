"""Matrix products in int8 with one scale a token, and word vectors in integers with one scale a word.

What stays in float at run time (heads, positions) is stored as int8 too and expanded once, when the model is loaded.

ONNX Runtime's dynamic quantisation takes one scale for a whole batch, so that an answer depends on what else is in the batch
(measured: by as much as the whole error of quantisation). Here every token has its own scale: half the error, and a
passage is judged the same alone and among others. Weights have one scale an output column.

A column's step is a share of its standard deviation, not of its largest value: the integers are stored in an entropy code
(see app/inference/packed.py), which makes even steps the best for a given size (Gish and Pierce 1968), and rare large values cost
only their own bits. docs/decisions/0038 has figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

OPSET = 18  # operators of the graph, and of the heads that are put into it
SMALL = 40_000  # elements; smaller matrices stay as they are
ZERO_POINT = 128  # activations are symmetric: uint8 around 128
PRODUCT_STEP = 0.125  # standard deviations of a column: some 5 bits a weight
WORD_STEP = 0.32  # of a word: some 4 bits


def quantize(
    source: Path,
    target: Path,
    *,
    keep: str = "heads",
    steps: Mapping[str, NDArray[np.float32]] | None = None,
    word_step: float = WORD_STEP,
) -> None:
    """Quantise every product with a constant matrix and the largest lookup; nodes with `keep` in their name stay in float.

    `steps` [out] by product are those of weights that stand on a grid already (training/rounding.py).
    """
    model = onnx.load(source)
    graph = model.graph
    weights = {item.name: item for item in graph.initializer}
    rewriter = _Rewriter(weights, steps or {}, word_step)
    words = max(
        (n for n in graph.node if n.op_type == "Gather" and n.input[0] in weights), key=lambda n: _size(weights[n.input[0]])
    )
    nodes: list[NodeProto] = []
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights and keep not in node.name:
            nodes += rewriter.product(node)
        elif node is words:
            nodes += rewriter.lookup(node)
        else:
            nodes.append(node)
    nodes = rewriter.stored_small(graph.initializer, nodes) + nodes
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [item for item in (*rewriter.weights.values(), *rewriter.constants.values()) if item.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    for domain in model.opset_import:
        if domain.domain == "":
            domain.version = OPSET
    if not any(domain.domain == "com.microsoft" for domain in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, target)


def store_small(graph: onnx.GraphProto, *, step: float) -> None:
    """Store the large float matrices of a graph as int8, to be expanded when it is loaded; `step` in standard deviations."""
    rewriter = _Rewriter({item.name: item for item in graph.initializer})
    before = rewriter.stored_small(graph.initializer, graph.node, step=step)
    nodes = [*before, *graph.node]
    used = {name for node in nodes for name in node.input}
    kept = [item for item in (*rewriter.weights.values(), *rewriter.constants.values()) if item.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)


def _size(item: onnx.TensorProto) -> int:
    return int(np.prod(item.dims))


def _symmetric(weight: NDArray[np.float32], axis: int, step: float) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Integers from -127 to 127, and the scale of each vector along the axis; `step` in its standard deviations."""
    scale = np.maximum(step * weight.std(axis, keepdims=True), np.abs(weight).max(axis, keepdims=True) / 127)
    scale[scale == 0] = 1
    return np.clip(np.round(weight / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


def _on_grid(weight: NDArray[np.float32], scale: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Raises ValueError for weights that are no whole multiples of their scale."""
    found = np.round(weight / scale)
    if np.abs(weight - found * scale).max() > 1e-3 * scale.max():
        raise ValueError("the weights do not stand on the grid that came with them")
    return found.astype(np.int8), scale


class _Rewriter:
    def __init__(
        self,
        weights: dict[str, onnx.TensorProto],
        steps: Mapping[str, NDArray[np.float32]] = MappingProxyType({}),
        word_step: float = WORD_STEP,
    ) -> None:
        self.weights, self.steps, self.word_step = weights, steps, word_step
        self.rows: dict[str, tuple[str, str]] = {}
        self.constants: dict[str, onnx.TensorProto] = {}
        self._constant("q_zero", np.array(ZERO_POINT, np.uint8))
        self._constant("q_one", np.array(1, np.float32))
        self._constant("q_127th", np.array(1 / 127, np.float32))
        self._constant("q_last", np.array([-1], np.int64))

    def _constant(self, name: str, value: NDArray) -> str:
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def product(self, node: NodeProto) -> list[NodeProto]:
        weight = numpy_helper.to_array(self.weights[node.input[1]])
        known = self.steps.get(node.name.strip("/").removesuffix("/MatMul").replace("/", "."))
        quantized, scale = _symmetric(weight, 0, PRODUCT_STEP) if known is None else _on_grid(weight, known[None])
        name = f"q_{node.name.strip('/').replace('/', '_')}"
        weight, column = self._constant(f"{name}_w", quantized), self._constant(f"{name}_s", scale[0])
        before, (row, scaled) = self._row_scaled(node.input[0])
        inputs = [row, weight, "q_one", column, "q_zero"]
        return [
            *before,
            helper.make_node("MatMulIntegerToFloat", inputs, [f"{name}_o"], name=name, domain="com.microsoft"),
            helper.make_node("Mul", [f"{name}_o", scaled], list(node.output), name=f"{name}_scale"),
        ]

    def _row_scaled(self, source: str) -> tuple[list[NodeProto], tuple[str, str]]:
        """Nodes that quantise the rows of `source`, made once for all products that read it."""
        if source in self.rows:
            return [], self.rows[source]
        name = f"q_rows_{len(self.rows)}"
        self.rows[source] = (f"{name}_q", f"{name}_s")
        return [
            helper.make_node("Abs", [source], [f"{name}_abs"], name=f"{name}_abs"),
            helper.make_node("ReduceMax", [f"{name}_abs", "q_last"], [f"{name}_max"], name=f"{name}_max", keepdims=1),
            helper.make_node("Mul", [f"{name}_max", "q_127th"], [f"{name}_s"], name=f"{name}_s"),
            helper.make_node("Div", [source, f"{name}_s"], [f"{name}_n"], name=f"{name}_n"),
            helper.make_node("QuantizeLinear", [f"{name}_n", "q_one", "q_zero"], [f"{name}_q"], name=f"{name}_q"),
        ], self.rows[source]

    def stored_small(
        self, initializers: Sequence[onnx.TensorProto], nodes: Sequence[NodeProto], *, step: float = PRODUCT_STEP
    ) -> list[NodeProto]:
        """Nodes that expand the large matrices which still are in float; ONNX Runtime folds them into constants at load."""
        used = {name for node in nodes for name in node.input}
        before: list[NodeProto] = []
        for item in initializers:
            large = len(item.dims) == 2 and _size(item) >= SMALL and item.data_type == onnx.TensorProto.FLOAT
            if item.name in used and large:
                stored, scale = _symmetric(numpy_helper.to_array(item), 1, step)
                names = self._constant(f"{item.name}_int8", stored), self._constant(f"{item.name}_scale", scale)
                before += [
                    helper.make_node(
                        "Cast", [names[0]], [f"{item.name}_float"], name=f"{item.name}_cast", to=onnx.TensorProto.FLOAT
                    ),
                    helper.make_node("Mul", [f"{item.name}_float", names[1]], [item.name], name=f"{item.name}_expand"),
                ]
                del self.weights[item.name]
        return before

    def lookup(self, node: NodeProto) -> list[NodeProto]:
        table, scale = _symmetric(numpy_helper.to_array(self.weights[node.input[0]]), 1, self.word_step)
        self._constant("q_words", table)
        self._constant("q_words_scale", scale)
        return [
            helper.make_node("Gather", ["q_words", node.input[1]], ["q_words_rows"], name="q_words_gather"),
            helper.make_node("Cast", ["q_words_rows"], ["q_words_float"], name="q_words_cast", to=onnx.TensorProto.FLOAT),
            helper.make_node("Gather", ["q_words_scale", node.input[1]], ["q_words_rows_scale"], name="q_words_gather_scale"),
            helper.make_node("Mul", ["q_words_float", "q_words_rows_scale"], list(node.output), name="q_words_mul"),
        ]
