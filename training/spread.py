"""A graph that is too large for one file: its weights in files beside it, none over the limit.

ONNX calls this external data; ONNX Runtime reads it with the graph. `training.seal` puts the files into the folder's sums.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx.external_data_helper import set_external_data, write_external_data_tensors

LIMIT = 90_000_000
"""Bytes. Common hosts of repositories take no file over 100 MB, and this project none over 95."""

SMALLEST = 100_000
"""Bytes; what is smaller stays in the graph."""


def spread(graph: Path, *, limit: int = LIMIT) -> list[Path]:
    """Rewrites the graph where it is over the limit. Returns the files of weights, `weights-1.bin` and so on."""
    if graph.stat().st_size <= limit:
        return []
    model = onnx.load(graph)
    number, room = 1, limit
    for tensor in model.graph.initializer:
        size = len(tensor.raw_data)
        if size < SMALLEST:
            continue
        if size > room:
            number, room = number + 1, limit
        set_external_data(tensor, location=f"weights-{number}.bin")
        room -= size
    files = [graph.with_name(f"weights-{one}.bin") for one in range(1, number + 1)]
    for file in files:
        # It would be appended to.
        file.unlink(missing_ok=True)
    graph.write_bytes(write_external_data_tensors(model, str(graph.parent)).SerializeToString())
    return files
