"""A graph without its weights, and its weights packed: `python -m training.part MODEL.onnx FOLDER`.

ONNX calls weights beside a graph external data. What packs and unpacks them is app/inference/packed.py.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import onnx
from onnx.external_data_helper import set_external_data, write_external_data_tensors

from app.inference.packed import GRAPH, PACKED, WEIGHTS, pack

SMALLEST = 10_000
"""Bytes; what is smaller stays in the graph."""


_LAYER = re.compile(r"/encoder/encoder/layer\.\d+/output/LayerNorm/LayerNormalization_output_0")
"""What leaves a layer keeps its name: heads that are attached later ask for it."""


def shorten(model: onnx.ModelProto) -> None:
    """Give what passes between nodes short names: the exporter's are a tenth of the graph's bytes."""
    graph = model.graph
    fixed = {each.name for each in (*graph.input, *graph.output, *graph.initializer)} | {""}
    short: dict[str, str] = {}
    for node in graph.node:
        for name in node.output:
            if name not in fixed and not _LAYER.fullmatch(name):
                short[name] = f"t{len(short)}"
    for node in graph.node:
        node.input[:] = [short.get(name, name) for name in node.input]
        node.output[:] = [short.get(name, name) for name in node.output]
    del graph.value_info[:]


def part(source: Path, folder: Path) -> None:
    """Writes the folder's model.onnx and weights.bin.z."""
    model = onnx.load(source)
    shorten(model)
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) >= SMALLEST:
            set_external_data(tensor, location=WEIGHTS)
    with tempfile.TemporaryDirectory() as scratch:
        graph = write_external_data_tensors(model, scratch)
        pack(Path(scratch) / WEIGHTS, folder / PACKED)
    (folder / GRAPH).write_bytes(graph.SerializeToString())


if __name__ == "__main__":
    part(*map(Path, sys.argv[1:]))
