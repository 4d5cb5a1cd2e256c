"""Token vectors of a shipped encoder, after any of its layers: the int8 graph itself is asked, so that what learns from them
sees in training what it will see in use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from app.inference.encoding import Row
from app.inference.engine import SLOWER, collate
from app.inference.packed import unpacked


def after(layers: int) -> str:
    """The name that the exporter gave to what leaves so many layers."""
    return f"/encoder/encoder/layer.{layers - 1}/output/LayerNorm/LayerNormalization_output_0"


def part_of(folder: Path, outputs: Sequence[str], *, threads: int = 1) -> onnxruntime.InferenceSession:
    """A session of the part of the graph that these outputs need."""
    with unpacked(folder) as path:
        model = onnx.load(str(path), load_external_data=False)
        del model.graph.output[:]
        for name in outputs:
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        part = path.with_name("part.onnx")
        part.write_bytes(model.SerializeToString())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.enable_mem_pattern = False
        return onnxruntime.InferenceSession(part, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER)


def vectors(running: onnxruntime.InferenceSession, encoded: Sequence[Row]) -> np.ndarray:
    """Token vectors [B, T, H], of a session with one output."""
    known = {given.name for given in running.get_inputs()}
    (found,) = running.run(None, {name: values for name, values in collate(encoded).items() if name in known})
    return np.asarray(found)
