"""What the shipped encoder makes of sentences, kept on disk: `python -m training.relations.features MODEL DATA OUT`.

The relation head learns on top of an encoder that stays as it is, so that no stance changes. The int8 graph itself is asked:
the head sees in training what it will see in use.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from app.inference.encoding import Row, TextEncoder
from app.inference.engine import SLOWER, collate
from app.inference.packed import unpacked
from training.relations.items import LONGEST, items

BATCH = 24


def last_layer(model: onnx.ModelProto) -> str:
    """The name of the token vectors that the heads read."""
    return [node.output[0] for node in model.graph.node if node.op_type == "LayerNormalization" and "encoder" in node.output[0]][
        -1
    ]


def session(folder: Path, name: str | None = None) -> tuple[onnxruntime.InferenceSession, str]:
    """One that gives token vectors, and their name."""
    with unpacked(folder) as path:
        model = onnx.load(str(path), load_external_data=False)
        name = name or last_layer(model)
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", "length", None]))
        wider = path.with_name("wider.onnx")
        wider.write_bytes(model.SerializeToString())
        options = onnxruntime.SessionOptions()
        options.enable_mem_pattern = False
        found = onnxruntime.InferenceSession(wider, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER)
    return found, name


def vectors(running: onnxruntime.InferenceSession, name: str, encoded: Sequence[Row]) -> np.ndarray:
    """Token vectors [B, T, H]."""
    known = {given.name for given in running.get_inputs()}
    inputs = {given: values for given, values in collate(encoded).items() if given in known}
    (found,) = running.run([name], inputs)
    return np.asarray(found)


def main(model: Path, data: Path, out: Path) -> None:
    encoder = TextEncoder(model / "tokenizer.json", max_tokens=LONGEST)
    running, name = session(model)
    out.mkdir(parents=True, exist_ok=True)
    for part in ("dev", "train"):
        found = sorted(items(data / f"relations-dse-{part}.jsonl", encoder), key=lambda item: len(item.row))
        kept = []
        for first in range(0, len(found), BATCH):
            group = found[first : first + BATCH]
            made = vectors(running, name, [item.row for item in group])
            kept += [one[: len(item.row)].astype(np.float16) for one, item in zip(made, group, strict=True)]
        np.save(out / f"{part}.npy", np.concatenate(kept))
        index = [{"id": i.id, "n": len(i.row), "spans": i.row.spans.tolist(), "label": i.label} for i in found]
        (out / f"{part}.json").write_text(json.dumps(index))
        print(f"{part}: {len(found)} pairs", flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
